import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// What clients and workers were promised, as they know it themselves.
final class Ledger: @unchecked Sendable {
    private let auditor: Auditor
    /// The jobs that were acknowledged, with the payload that each was sent with, where that is certain.
    private(set) var acknowledged: [JobID: JSONText?] = [:]
    /// The jobs that each key was answered with.
    private(set) var keys: [String: Set<JobID>] = [:]
    /// How many jobs each completion that a worker saw accepted brought along.
    private(set) var children: [JobID: Int] = [:]
    /// The files that each job's completed attempt left.
    private(set) var files: [JobID: [String]] = [:]

    /// Since when a schedule certainly ticks; nil if there is none.
    var scheduledSince: Timestamp?
    /// The ticks that must have submitted a job.
    var expectedTicks: [Timestamp] = []

    init(auditor: Auditor) {
        self.auditor = auditor
    }

    /// A client has the answer that its job is stored.
    func acknowledge(_ accepted: Engine.Accepted, payload: JSONText, key: String?) {
        let id = accepted.job.id
        // What a rule of uniqueness recognised may have been sent with another payload.
        let isOwn = key != nil || !accepted.isReplay
        acknowledged.updateValue(isOwn ? payload : acknowledged[id] ?? nil, forKey: id)
        if let key { keys[key, default: []].insert(id) }
        if auditor.jobs[id] == nil { auditor.report("a job was acknowledged that is not stored") }
    }

    /// A worker has the answer that its job is completed.
    func complete(_ id: JobID, next: Int, files names: [String]) {
        children[id] = next
        files[id] = names
    }
}
