package import LonghaulCore

/// The round robin over the partitions of queues. Each type of request has a round of its own: if they shared one,
/// workers that can serve few partitions could make the others skip the same partitions again and again.
///
/// The state is in memory. After a restart, after a failed transaction and on another server, the round continues at
/// another partition. No partition is skipped because of that.
package struct PartitionTurns: Sendable {
    /// A type of request for the jobs of a queue.
    package struct Key: Hashable, Sendable {
        package var queue: String
        package var kinds: [String]
        package var labels: [String: String]

        package init(_ queue: String, _ request: LeaseRequest) {
            self.queue = queue
            kinds = request.kinds.sorted()
            labels = request.worker.labels
        }
    }

    /// The maximum number of stored types.
    private static let kept = 1000

    private var latest: [Key: String] = [:]

    /// No partition has had a turn.
    package init() {}

    /// The partition of the latest turn; nil before the first.
    package func latest(_ key: Key) -> String? {
        latest[key]
    }

    /// Records the turn of a partition.
    package mutating func took(_ value: String, _ key: Key) {
        if latest.count >= Self.kept, latest[key] == nil { latest.removeAll(keepingCapacity: true) }
        latest[key] = value
    }
}
