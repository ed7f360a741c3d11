/// Records the calls that wake every worker of a queue.
///
/// Such a call reaches the workers that wait. Another worker may have queried the store before the call, and waits after it.
/// It compares the count of its query with this log, so that it queries the store again.
package struct WakeLog: Sendable {
    /// Beyond this number of queues, one record for all queues replaces the records of each.
    private static let maxQueues = 10_000

    /// The number of recorded calls.
    package private(set) var count = 0
    /// The count of the latest call for each queue, and of the latest one for all queues.
    private var latest: [String: Int] = [:]
    private var latestOfAll = 0

    package init() {}

    /// Records a call for these queues.
    package mutating func record(_ queues: [String]) {
        count += 1
        for queue in queues { latest[queue] = count }
        if latest.count > Self.maxQueues { recordAll() }
    }

    /// Records a call for all queues.
    package mutating func recordAll() {
        count += 1
        latestOfAll = count
        latest = [:]
    }

    /// Removes the records of these queues.
    package mutating func forget(_ queues: [String]) {
        for queue in queues { latest[queue] = nil }
    }

    /// Whether a call for one of these queues was recorded since the count had this value.
    package func hasCall(for queues: [String], since count: Int) -> Bool {
        latestOfAll > count || queues.contains { latest[$0].map { $0 > count } ?? false }
    }
}
