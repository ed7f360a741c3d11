/// Where a job stands. `docs/state-machine.md` draws the ways between.
public enum JobState: String, Sendable, Hashable, CaseIterable {
    /// Not due yet: its `run_at` lies ahead.
    case scheduled
    /// Waits for the jobs that it depends on.
    case blocked
    /// Due, waiting for a worker.
    case pending
    /// Leased to a worker.
    case processing
    /// An attempt failed; it waits out its backoff.
    case retrying
    /// Done; its result is there. Final.
    case completed
    /// Out of attempts, or never able to succeed: it stands in the dead letter queue. Final until redriven.
    case failed
    /// Stopped by request, or expired before it could start. Final.
    case cancelled

    /// Whether the job has ended: no worker will touch it unless somebody asks for it again.
    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .scheduled, .blocked, .pending, .processing, .retrying: false
        }
    }

    /// Whether the job waits for something other than a worker; `max_waiting` bounds these.
    public var isWaiting: Bool {
        switch self {
        case .scheduled, .blocked, .retrying: true
        case .pending, .processing, .completed, .failed, .cancelled: false
        }
    }
}
