public import LonghaulCore

/// The place of IDs in a broker: one lane for each queue, kind and band of priorities.
///
/// A lane has one kind, so a worker never receives the ID of a job that it cannot run. Every broker can keep three bands
/// of priorities in order.
public struct Lane: Sendable, Hashable {
    /// A third of the priorities.
    public enum Band: Int, Sendable, Hashable, CaseIterable, Comparable {
        /// Priorities 0 to 3.
        case low
        /// Priorities 4 to 6; the default priority is 5.
        case middle
        /// Priorities 7 to 9.
        case high

        /// The band of a priority.
        public init(priority: Int) {
            self = priority > 6 ? .high : priority > 3 ? .middle : .low
        }

        /// Whether jobs of the left band come after jobs of the right band.
        public static func < (left: Band, right: Band) -> Bool { left.rawValue < right.rawValue }
    }

    /// The queue.
    public var queue: String
    /// The kind of job.
    public var kind: String
    /// The priorities.
    public var band: Band

    /// A lane.
    public init(queue: String, kind: String, band: Band) {
        self.queue = queue
        self.kind = kind
        self.band = band
    }

    /// The lane of an entry.
    public init(_ entry: QueueEntry) {
        self.init(queue: entry.queue, kind: entry.kind, band: Band(priority: entry.priority))
    }

    /// The unique name of the lane, `queue:kind:band`. Queue names and kinds contain no colon.
    public var name: String { "\(queue):\(kind):\(band.rawValue)" }
}
