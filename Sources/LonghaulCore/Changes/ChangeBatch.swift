/// The changes of one commit, as a store publishes them.
///
/// ```swift
/// store.observe { batch in
///     for change in batch.changes where change.state == .failed { print(change.jobID) }
/// }
/// ```
public struct ChangeBatch: Sendable, Hashable {
    /// Which server committed the changes.
    public enum Origin: Sendable, Hashable {
        /// This server. It publishes the jobs that became pending.
        case local
        /// Another process over the same store, which does what follows from the changes.
        case remote
    }

    /// The changes, each job's in the order of its versions.
    public var changes: [JobChange]
    /// Which server committed them.
    public var origin: Origin
    /// Whether this server counts them in its metrics. Of all servers that observe a change, one counts it.
    public var countsInMetrics: Bool

    /// The changes of one commit.
    public init(_ changes: [JobChange], origin: Origin = .local, countsInMetrics: Bool = true) {
        self.changes = changes
        self.origin = origin
        self.countsInMetrics = countsInMetrics
    }
}
