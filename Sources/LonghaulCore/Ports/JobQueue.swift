/// The port to what carries the identifiers of due jobs to those who wait for work.
///
/// A queue may drop, repeat, reorder or delay: the store is the truth, and a stale or repeated identifier
/// does nothing.
public protocol JobQueue: Sendable {
    /// Whether it delivers identifiers; false where it only hints that the store should be looked at.
    var carriesIdentifiers: Bool { get }

    /// Offers jobs that became pending, after their commit.
    func publish(_ entries: [QueueEntry]) async throws

    /// Takes note of jobs that became pending by the hand of another server, which publishes them: who waits here
    /// may have to be told, or to listen elsewhere.
    func noticed(_ entries: [QueueEntry])

    /// Waits for work that fits the interest, at the longest until `deadline`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    func receive(
        _ interest: QueueInterest, limit: Int, until deadline: Timestamp
    ) async throws -> QueueDelivery

    /// Tells that the store may hold more work of this sort than was taken, so that the next who waits looks.
    func lookAgain(_ interest: QueueInterest)

    /// Drops the state that this process keeps for removed queues.
    func forget(_ queues: [String])

    /// Drops identifiers that were delivered and dealt with.
    func acknowledge(_ ids: [JobID]) async throws

    /// How many identifiers of a queue it holds, delivered and not yet acknowledged ones included if it can count
    /// them; nil where it keeps none, or cannot tell.
    func held(of queue: String) async throws -> Int?

    /// Throws unless the queue answers.
    func checkReady() async throws
}

extension JobQueue {
    /// It delivers them.
    public var carriesIdentifiers: Bool { true }

    /// It cannot tell.
    public func held(of queue: String) async throws -> Int? { nil }
}

/// A due job, as a queue carries it.
public struct QueueEntry: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// Its queue.
    public var queue: String
    /// Its kind.
    public var kind: String
    /// Its priority, 0–9; higher runs sooner.
    public var priority: Int
    /// The labels that it needs of its worker.
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

/// Which work somebody waits for.
public struct QueueInterest: Sendable, Hashable {
    /// In any of these queues.
    public var queues: [String]
    /// Of any of these kinds; empty for every kind.
    public var kinds: [String]
    /// That needs no other labels than these.
    public var labels: [String: String]

    /// An interest in the work of these queues and kinds.
    public init(queues: [String], kinds: [String], labels: [String: String] = [:]) {
        self.queues = queues
        self.kinds = kinds
        self.labels = labels
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
