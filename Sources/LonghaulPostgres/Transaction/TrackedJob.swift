import LonghaulCore
import LonghaulStore

/// A job in a transaction: its stored row and the changes to write.
///
/// It is a class because it is large and passed often. Savepoints copy it.
final class TrackedJob {
    var row: JobRow
    /// The row in the database; nil for a new job.
    let stored: JobRow?
    var isChanged = false
    var isRemoved = false
    /// Whether maintenance found its agenda row too early, so that the row moves.
    var isOverdue = false

    /// All errors, oldest first. Those after the first `storedFaults` are to be written.
    var faults: [FaultRow] = []
    var storedFaults = 0
    /// The artifacts of the latest lease that left any.
    var artifacts: [Artifact] = []
    var newArtifacts: [Artifact] = []
    /// The jobs that wait for it, and those of them to write.
    var waiting: [JobID] = []
    var newWaiting: [JobID] = []
    /// The jobs to write that depend on it without waiting for it.
    var newResolved: [JobID] = []
    /// Whether stored dependencies on it must be marked as resolved.
    var resolvesWaiting = false
    /// The number of the last log line, once it was read, and the lines to write.
    var lastLine: Int64?
    var newLines: [StoredLogLine] = []
    var journal = TrackedJournal()
    /// Whether the database has operations of the job.
    var hasStoredOperations = false
    /// Whether the payload of the stored row is to be replaced.
    var hasNewPayload = false
    /// Whether the priority and the tags of the stored row are to be replaced.
    var hasNewSpec = false
    var newDeliveries: [WebhookDelivery] = []
    /// The number of deliveries that the job keeps beside the removal of older ones; nil to remove none.
    var keptDeliveries: Int?

    /// A stored job.
    init(stored row: JobRow) {
        self.row = row
        stored = row
        hasStoredOperations = row.job.operationCount > 0
    }

    /// A new job.
    init(new row: JobRow) {
        self.row = row
        stored = nil
        lastLine = 0
    }

    /// A copy.
    init(_ other: TrackedJob) {
        row = other.row
        stored = other.stored
        isChanged = other.isChanged
        isRemoved = other.isRemoved
        isOverdue = other.isOverdue
        faults = other.faults
        storedFaults = other.storedFaults
        artifacts = other.artifacts
        newArtifacts = other.newArtifacts
        waiting = other.waiting
        newWaiting = other.newWaiting
        newResolved = other.newResolved
        resolvesWaiting = other.resolvesWaiting
        lastLine = other.lastLine
        newLines = other.newLines
        journal = other.journal
        hasStoredOperations = other.hasStoredOperations
        hasNewPayload = other.hasNewPayload
        hasNewSpec = other.hasNewSpec
        newDeliveries = other.newDeliveries
        keptDeliveries = other.keptDeliveries
    }

    /// The job with its data in other tables.
    var job: Job {
        var job = row.job
        row.addAttempts(to: &job) { faults }
        if row.ownsArtifacts { job.artifacts = artifacts }
        return job
    }
}
