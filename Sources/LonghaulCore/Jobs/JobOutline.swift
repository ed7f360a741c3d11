/// What operations on many jobs need to know of a job.
public struct JobOutline: Sendable, Hashable {
    /// The job.
    public let id: JobID
    /// The queue of the job.
    public let queue: String
    /// The kind of the job.
    public let kind: String
    /// The state of the job.
    public let state: JobState

    /// The outline of a job.
    public init(_ job: Job) {
        id = job.id
        queue = job.spec.queue
        kind = job.spec.kind
        state = job.state
    }
}
