/// The port to the queue that delivers the IDs of pending jobs to waiting workers.
///
/// A queue may drop, repeat, reorder or delay IDs. The store is the source of truth, and a stale or repeated ID has no
/// effect.
public protocol JobQueue: Sendable {
    /// Whether the queue delivers IDs. False if it only wakes waiting workers, which then query the store.
    var carriesIdentifiers: Bool { get }

    /// Publishes jobs that became pending, after their commit.
    func publish(_ entries: [QueueEntry]) async throws

    /// Records jobs that became pending by a commit of another server, which publishes them. The queue may wake waiting
    /// workers, or subscribe to more kinds.
    func observeRemote(_ entries: [QueueEntry])

    /// The number of wake-ups that concern every kind so far. A caller reads it before it queries the store, and passes it to
    /// ``receive(_:limit:until:since:)``.
    var wakeCount: Int { get }

    /// Waits for work that matches the interest, at most until `deadline`.
    ///
    /// - Parameter wakeCount: the ``wakeCount`` before the caller's query of the store. If a wake-up that concerns every kind
    ///   has come since then, the call returns ``QueueDelivery/checkStore`` at once.
    /// - Throws: `CancellationError` if the task is cancelled.
    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp, since wakeCount: Int
    ) async throws -> QueueDelivery

    /// Makes the next worker that matches the interest query the store, because the store may have more work. If the interest
    /// names no kinds, every worker of its queues does so: those that wait, and those that wait after a query which began
    /// before this call.
    func wake(_ interest: QueueInterest)

    /// Makes every worker query the store, as ``wake(_:)`` does, because changes of other servers may have been missed.
    func wakeAll()

    /// Drops the state that this process keeps for removed queues.
    func forget(_ queues: [String])

    /// Drops delivered IDs that the server has processed.
    func acknowledge(_ ids: [JobID]) async throws

    /// The number of IDs of a queue that the broker holds, including delivered IDs that are not acknowledged, if it can
    /// count them; nil if it holds no IDs or cannot count them.
    func held(of queue: String) async throws -> Int?

    /// Throws unless the queue answers.
    func checkReady() async throws
}

extension JobQueue {
    /// True: most queues deliver IDs.
    public var carriesIdentifiers: Bool { true }

    /// Waits for work that matches the interest, for a caller that has not queried the store before.
    public func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery {
        try await receive(interest, limit: limit, until: deadline, since: wakeCount)
    }

    /// Does nothing: the queue delivers the IDs of all servers.
    public func wakeAll() {}

    /// Nil: the number is unknown.
    public func held(of queue: String) async throws -> Int? { nil }
}

/// A pending job, as a queue delivers it.
public struct QueueEntry: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// Its queue.
    public var queue: String
    /// Its kind.
    public var kind: String
    /// Its priority, 0–9; higher runs sooner.
    public var priority: Int
    /// The labels that the job requires of a worker.
    public var labels: [String: String]

    /// An entry for this job.
    public init(id: JobID, queue: String, kind: String, priority: Int, labels: [String: String] = [:]) {
        self.id = id
        self.queue = queue
        self.kind = kind
        self.priority = priority
        self.labels = labels
    }
}

/// The work that a worker waits for.
public struct QueueInterest: Sendable, Hashable {
    /// In any of these queues.
    public var queues: [String]
    /// Of any of these kinds; empty for every kind.
    public var kinds: [String]
    /// Jobs that require no other labels than these.
    public var labels: [String: String]

    /// An interest in the work of these queues and kinds.
    public init(queues: [String], kinds: [String], labels: [String: String] = [:]) {
        self.queues = queues
        self.kinds = kinds
        self.labels = labels
    }
}

/// The result of a wait for work.
public enum QueueDelivery: Sendable, Hashable {
    /// There may be work. The caller must query the store.
    case checkStore
    /// These jobs were pending when they were published.
    case jobs([JobID])
    /// The deadline has passed.
    case none
}
