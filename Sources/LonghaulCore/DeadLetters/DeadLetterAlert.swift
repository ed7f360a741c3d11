/// An alert: a queue receives too many dead letters.
public struct DeadLetterAlert: Sendable, Hashable {
    /// The queue.
    public var queue: String
    /// The number of its jobs that became dead letters within the last minute.
    public var count: Int
    /// The threshold per minute. A higher number raises the alert.
    public var threshold: Int
    /// An example job.
    public var example: DeadLetterGroup.Example
    /// The kind of the example job.
    public var kind: String
    /// When it was raised.
    public var at: Timestamp

    /// An alert.
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
