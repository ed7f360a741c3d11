package import LonghaulCore

/// Whose turn it is in queues that are partitioned. Each sort of request has turns of its own: were they
/// shared, workers that can serve few values could skip the same ones for the others again and again.
///
/// It lives in memory: after a restart, a transaction that failed, or at another server, the turns go on from
/// another place, and nobody is passed over for that.
package struct PartitionTurns: Sendable {
    /// A sort of request for the jobs of a queue.
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

    /// How many sorts are remembered.
    private static let kept = 1000

    private var latest: [Key: String] = [:]

    /// None had a turn yet.
    package init() {}

    /// The value that had the latest turn; nil if none had.
    package func latest(_ key: Key) -> String? {
        latest[key]
    }

    /// Notes that a value had its turn.
    package mutating func took(_ value: String, _ key: Key) {
        if latest.count >= Self.kept, latest[key] == nil { latest.removeAll(keepingCapacity: true) }
        latest[key] = value
    }
}
