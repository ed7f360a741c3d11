/// The port to what carries the identifiers of due jobs to those who wait for work.
///
/// A queue may drop, repeat, reorder or delay: the store is the truth, and a stale or repeated identifier
/// does nothing.
public protocol JobQueue: Sendable {
    /// Offers jobs that became pending, after their commit.
    func publish(_ entries: [QueueEntry]) async throws

    /// Waits for work in one of these queues, at the longest until `deadline`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    func receive(_ queues: [String], limit: Int, until deadline: Timestamp) async throws -> QueueDelivery

    /// Drops identifiers that were delivered and dealt with.
    func acknowledge(_ ids: [JobID]) async throws

    /// Throws unless the queue answers.
    func checkReady() async throws
}

/// A due job, as a queue carries it.
public struct QueueEntry: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// Its queue.
    public var queue: String
    /// Its priority, 0–9; higher runs sooner.
    public var priority: Int

    /// An entry for this job.
    public init(id: JobID, queue: String, priority: Int) {
        self.id = id
        self.queue = queue
        self.priority = priority
    }
}

/// What a queue answers to somebody who waits for work.
public enum QueueDelivery: Sendable, Hashable {
    /// There may be work: look into the store.
    case look
    /// These jobs were due when they were published.
    case jobs([JobID])
    /// The time is up.
    case none
}
