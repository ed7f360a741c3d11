public import LonghaulCore

/// Where a broker keeps the identifiers of one sort of job: those of a queue, a kind and a band of priorities.
///
/// A kind of its own for each kind of job means that a worker is never given what it cannot do; a band for
/// each third of the priorities is as much of an order as every broker can keep.
public struct Lane: Sendable, Hashable {
    /// A third of the priorities.
    public enum Band: Int, Sendable, Hashable, CaseIterable, Comparable {
        /// Priorities 0 to 3.
        case low
        /// Priorities 4 to 6, the usual ones.
        case middle
        /// Priorities 7 to 9.
        case high

        /// The band of a priority.
        public init(priority: Int) {
            self = priority > 6 ? .high : priority > 3 ? .middle : .low
        }

        /// Whether the left one's work comes later than the right one's.
        public static func < (left: Band, right: Band) -> Bool { left.rawValue < right.rawValue }
    }

    /// The queue.
    public var queue: String
    /// The kind of job.
    public var kind: String
    /// The priorities.
    public var band: Band

    /// The lane of these.
    public init(queue: String, kind: String, band: Band) {
        self.queue = queue
        self.kind = kind
        self.band = band
    }

    /// The lane of an entry.
    public init(_ entry: QueueEntry) {
        self.init(queue: entry.queue, kind: entry.kind, band: Band(priority: entry.priority))
    }

    /// A name that tells the lane from every other: `queue:kind:band`. Neither a queue's name nor a kind has a
    /// colon.
    public var name: String { "\(queue):\(kind):\(band.rawValue)" }
}
