import LonghaulCore
import LonghaulEngine
import LonghaulJSON

/// The answers that clients and workers received. The final checks compare the store with them.
final class AnswerRecord: @unchecked Sendable {
    private let auditor: Auditor
    /// The acknowledged jobs with their payloads; nil where another request may have had another payload.
    private(set) var acknowledged: [JobID: JSONText?] = [:]
    /// The jobs in the answers to each key.
    private(set) var keys: [String: Set<JobID>] = [:]
    /// The number of next jobs in each acknowledged completion.
    private(set) var children: [JobID: Int] = [:]
    /// The artifacts of each job's completed attempt.
    private(set) var files: [JobID: [String]] = [:]

    /// The time since which the schedule is certain to tick; nil without a schedule.
    var scheduledSince: Timestamp?
    /// The ticks that must have submitted jobs.
    var expectedTicks: [Timestamp] = []

    init(auditor: Auditor) {
        self.auditor = auditor
    }

    /// Records the answer that a client's job is stored.
    func acknowledge(_ accepted: Engine.Accepted, payload: JSONText, key: String?) {
        let id = accepted.job.id
        // A job that a unique rule matched may have another payload.
        let isOwn = key != nil || !accepted.isReplay
        acknowledged.updateValue(isOwn ? payload : acknowledged[id] ?? nil, forKey: id)
        if let key { keys[key, default: []].insert(id) }
        if auditor.jobs[id] == nil { auditor.report("a job was acknowledged that is not stored") }
    }

    /// Records the answer that a process is stored. Its payload changes when it continues as new.
    func acknowledge(process id: JobID) {
        acknowledged.updateValue(nil, forKey: id)
        if auditor.jobs[id] == nil { auditor.report("a process was acknowledged that is not stored") }
    }

    /// Records the answer that a worker's job is completed.
    func complete(_ id: JobID, next: Int, files names: [String]) {
        children[id] = next
        files[id] = names
    }
}
