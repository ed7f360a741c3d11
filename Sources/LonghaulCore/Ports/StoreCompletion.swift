public import LonghaulJSON

/// A completion, as the engine passes it to the store.
public struct StoreCompletion: Sendable, Hashable {
    /// The attempt's token.
    public var token: LeaseToken
    /// The result.
    public var result: JSONText
    /// The next jobs.
    public var next: [Submission]
    /// The final progress; nil keeps the progress of the last heartbeat.
    public var progress: Progress?

    /// A completion with this result.
    public init(
        token: LeaseToken, result: JSONText, next: [Submission] = [], progress: Progress? = nil
    ) {
        self.token = token
        self.result = result
        self.next = next
        self.progress = progress
    }

    /// The cost of storing it, in units of a small job without dependencies.
    package var weight: Int {
        next.reduce(1 + result.bytes.count / 4096) { $0 + $1.weight }
    }
}
