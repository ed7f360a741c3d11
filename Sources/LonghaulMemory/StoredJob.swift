import LonghaulCore
import LonghaulStore

/// A row, and what the SQL stores keep in other tables.
struct StoredJob: Sendable {
    /// The row, without what ``whole`` adds.
    private(set) var row: JobRow
    /// The errors of the job, oldest first.
    var faults: [FaultRow] = []
    /// The jobs that wait for this one.
    var dependents: Set<JobID> = []
    var logs: [StoredLogLine] = []
    /// The journal of the job, in the order of the numbers.
    var operations: [JournalOperation] = []
    /// The signals of the job, in the order of the numbers.
    var signals: [StoredSignal] = []
    /// The files of the latest lease that left any.
    var artifacts: [Artifact] = []

    /// A new job.
    init(_ row: JobRow) {
        self.row = row
        update(row)
    }

    var id: JobID { row.job.id }
    var state: JobState { row.job.state }

    /// Replaces the row. Marks that other verbs have set since the caller read the row stay.
    mutating func update(_ new: JobRow) {
        let old = row
        row = new
        row.isAwaited = new.isAwaited || old.isAwaited
        row.isParent = new.isParent || old.isParent
        row.artifactFence = max(new.artifactFence, old.artifactFence)
        row.job.error = nil
        row.job.attempts = []
        row.job.artifacts = []
        row.job.dependencies = []
        row.job.ancestors = []
        row.job.children = []
        row.job.childrenCount = 0
    }

    mutating func markAwaited() { row.isAwaited = true }
    mutating func markParent() { row.isParent = true }
    mutating func markArtifacts() { row.artifactFence = row.fence }

    /// The job with its error, attempts and artifacts.
    var whole: Job { whole(row) }

    /// The job of a row that a transaction has changed, with its error, attempts and artifacts.
    func whole(_ row: JobRow) -> Job {
        var job = row.job
        row.addAttempts(to: &job) { faults }
        if row.ownsArtifacts {
            job.artifacts = artifacts.filter { $0.fence == row.fence }.sorted { $0.name < $1.name }
        }
        return job
    }

    /// Whether the job is a dead letter with the error that a filter asks for, if it asks for one.
    func fits(errorOf filter: JobFilter) -> Bool {
        if let fingerprint = filter.fingerprint, row.job.fingerprint != fingerprint { return false }
        guard let type = filter.errorType else { return true }
        return state == .failed && whole.error?.type == type
    }
}
