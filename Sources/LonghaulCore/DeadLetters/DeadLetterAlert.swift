/// A queue's dead letters grow faster than they should.
public struct DeadLetterAlert: Sendable, Hashable {
    /// The queue.
    public var queue: String
    /// How many of its jobs were dead-lettered within the last minute.
    public var count: Int
    /// More than how many a minute raise the alert.
    public var threshold: Int
    /// One of the jobs.
    public var example: DeadLetterGroup.Example
    /// The kind of that job.
    public var kind: String
    /// When it was raised.
    public var at: Timestamp

    /// An alert of these facts.
    public init(
        queue: String, count: Int, threshold: Int, example: DeadLetterGroup.Example, kind: String,
        at: Timestamp
    ) {
        self.queue = queue
        self.count = count
        self.threshold = threshold
        self.example = example
        self.kind = kind
        self.at = at
    }
}
