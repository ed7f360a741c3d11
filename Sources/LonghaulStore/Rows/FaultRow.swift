package import LonghaulCore

/// A row of `faults`: an error that a change brought to a job and, if it ended an attempt, that attempt.
package struct FaultRow: Sendable {
    /// The job's version with the change.
    package var version: Int
    /// The lease that ended; 0 if the job was not leased.
    package var fence: Int
    package var attempt: Int
    package var worker: WorkerRef?
    package var startedAt: Timestamp?
    package var at: Timestamp
    package var error: JobError

    package init(version: Int, fence: Int, attempt: Int, at: Timestamp, error: JobError) {
        self.version = version
        self.fence = fence
        self.attempt = attempt
        self.at = at
        self.error = error
    }

    /// The attempt that the fault ended; nil if there was none.
    package var endedAttempt: Attempt? {
        guard fence > 0, let startedAt else { return nil }
        return Attempt(
            number: attempt, worker: worker?.name ?? "", startedAt: startedAt, finishedAt: at, error: error)
    }
}
