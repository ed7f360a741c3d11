/// The statistics of a queue for one minute, or for a longer step: a point of its charts.
public struct QueueSample: Sendable, Hashable {
    /// The duration that a recorded sample covers, in seconds.
    public static let seconds = 60.0
    /// The duration that a sample older than a day covers, in milliseconds.
    public static let hourMilliseconds: Int64 = 3_600_000

    /// The queue.
    public var queue: String
    /// The start of the minute.
    public var at: Timestamp
    /// The number of pending jobs at its end.
    public var depth: Int
    /// The number of submitted jobs.
    public var enqueued = 0
    /// The number of ended jobs, in any final state.
    public var finished = 0
    /// The number of failed attempts.
    public var failed = 0
    /// The median time from due to start, in seconds; nil if no attempt started.
    public var waitP50: Double?
    /// The 95th percentile of the time from due to start, in seconds.
    public var waitP95: Double?
    /// The median time from start to end, in seconds; nil if no attempt ended.
    public var runP50: Double?
    /// The 95th percentile of the time from start to end, in seconds.
    public var runP95: Double?

    /// The position of a sample in a list of samples: by minute, then by name.
    public struct Place: Sendable, Hashable, Comparable {
        /// The start of its minute.
        public var at: Timestamp
        /// Its queue.
        public var queue: String

        /// The position of this minute and queue.
        public init(at: Timestamp, queue: String) {
            self.at = at
            self.queue = queue
        }

        /// The order of a list of samples. Names are compared byte by byte, as in every store.
        public static func < (left: Place, right: Place) -> Bool {
            left.at == right.at
                ? left.queue.utf8.lexicographicallyPrecedes(right.queue.utf8) : left.at < right.at
        }
    }

    /// The position of the sample in a list.
    public var place: Place { Place(at: at, queue: queue) }

    /// A sample without events.
    public init(queue: String, at: Timestamp, depth: Int) {
        self.queue = queue
        self.at = at
        self.depth = depth
    }

    /// Adds another server's sample of the same queue and minute. Counts are added, the depth is replaced, and the
    /// longer durations are kept.
    public mutating func merge(_ other: QueueSample) {
        depth = other.depth
        enqueued += other.enqueued
        finished += other.finished
        failed += other.failed
        waitP50 = Self.longer(waitP50, other.waitP50)
        waitP95 = Self.longer(waitP95, other.waitP95)
        runP50 = Self.longer(runP50, other.runP50)
        runP95 = Self.longer(runP95, other.runP95)
    }

    /// Adds a sample of the same queue from another minute of the same step. Like ``merge(_:)``, but the larger depth is kept.
    public mutating func extend(by other: QueueSample) {
        let larger = max(depth, other.depth)
        merge(other)
        depth = larger
    }

    private static func longer(_ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    /// The start of the minute of a time.
    public static func minute(of moment: Timestamp) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - moment.milliseconds % 60_000)
    }
}
