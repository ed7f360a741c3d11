import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A job as a transaction sees it: what the database has of it and what is to be written.
///
/// It is large and handed on a lot, so it is shared, and copied only for what may be undone.
final class TrackedJob {
    var row: JobRow
    /// What the database has of it; nil if it is not there yet.
    let stored: JobRow?
    var isChanged = false
    var isRemoved = false
    /// Whether maintenance met it in the agenda before its time, so that its entry moves.
    var isOverdue = false

    /// Every fault, oldest first; those from `newFaults` on are to be written.
    var faults: [FaultRow] = []
    var storedFaults = 0
    /// The files of the latest lease under which any were left.
    var artifacts: [Artifact] = []
    var newArtifacts: [Artifact] = []
    /// The jobs that wait for it, and those of them that are to be written.
    var waiting: [JobID] = []
    var newWaiting: [JobID] = []
    /// The jobs that depend on it without waiting for it, and are to be written.
    var newResolved: [JobID] = []
    /// Whether the database has jobs that wait for it, whose dependencies are to be marked as resolved.
    var resolvesWaiting = false
    /// The number of the latest line of its log, once it has been asked for, and the lines to be written.
    var lastLine: Int64?
    var newLines: [StoredLogLine] = []
    /// The outputs of checkpoints that have been asked for; an absent one is nil.
    var steps: [String: JSONText?] = [:]
    var newSteps: [String: JSONText] = [:]

    /// An entry of a stored job.
    init(stored row: JobRow) {
        self.row = row
        stored = row
    }

    /// An entry of a job that is to be stored.
    init(new row: JobRow) {
        self.row = row
        stored = nil
        lastLine = 0
    }

    /// An entry like another.
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
        steps = other.steps
        newSteps = other.newSteps
    }

    /// The job with what lies in other tables.
    var job: Job {
        var job = row.whole { faults }
        if row.ownsArtifacts { job.artifacts = artifacts }
        return job
    }
}
