/// The state of a job. `docs/job-states.md` shows the transitions.
public enum JobState: String, Sendable, Hashable, CaseIterable {
    /// Not due yet: `run_at` is in the future.
    case scheduled
    /// Waits for its dependencies.
    case blocked
    /// Due, and waits for a worker.
    case pending
    /// Leased to a worker.
    case processing
    /// An attempt failed. The job waits for the end of its back-off.
    case retrying
    /// A durable job that waits for a timer, a signal or a child job, or a paused job. It holds no worker.
    case suspended
    /// Succeeded, and has a result. Final.
    case completed
    /// Failed, without another attempt: a dead letter. Final unless it is retried.
    case failed
    /// Cancelled by a caller, or expired before it started. Final.
    case cancelled

    /// Whether the job has ended. A worker receives it again only after a retry.
    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .scheduled, .blocked, .pending, .processing, .retrying, .suspended: false
        }
    }

    /// Whether the job waits for something other than a worker. `max_waiting` limits these jobs.
    public var isWaiting: Bool {
        switch self {
        case .scheduled, .blocked, .retrying: true
        case .pending, .processing, .suspended, .completed, .failed, .cancelled: false
        }
    }
}
