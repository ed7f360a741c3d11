/// What happened in a queue within one minute: a point of its charts.
public struct QueueSample: Sendable, Hashable {
    /// How long one sample covers, in seconds.
    public static let seconds = 60.0

    /// The queue.
    public var queue: String
    /// When the minute began.
    public var at: Timestamp
    /// How many jobs were pending at its end.
    public var depth: Int
    /// How many jobs were submitted.
    public var enqueued = 0
    /// How many jobs ended, in whatever way.
    public var finished = 0
    /// How many attempts failed.
    public var failed = 0
    /// From due to start, in seconds: half of the attempts that started waited no longer; nil if none did.
    public var waitP50: Double?
    /// From due to start, in seconds: 95 of a hundred waited no longer.
    public var waitP95: Double?
    /// From start to end, in seconds: half of the attempts that ended ran no longer; nil if none did.
    public var runP50: Double?
    /// From start to end, in seconds: 95 of a hundred ran no longer.
    public var runP95: Double?

    /// Where a sample stands in a list of samples: by minute, then by name.
    public struct Place: Sendable, Hashable, Comparable {
        /// When its minute began.
        public var at: Timestamp
        /// Its queue.
        public var queue: String

        /// The place of this minute and queue.
        public init(at: Timestamp, queue: String) {
            self.at = at
            self.queue = queue
        }

        /// The order of a list of samples. Names are compared byte by byte, as every store does.
        public static func < (left: Place, right: Place) -> Bool {
            left.at == right.at
                ? left.queue.utf8.lexicographicallyPrecedes(right.queue.utf8) : left.at < right.at
        }
    }

    /// Where the sample stands in a list.
    public var place: Place { Place(at: at, queue: queue) }

    /// A sample in which nothing happened.
    public init(queue: String, at: Timestamp, depth: Int) {
        self.queue = queue
        self.at = at
        self.depth = depth
    }

    /// Adds what another saw of the same queue and minute: counts are added, the depth is the other's, of the
    /// durations the longer ones stay.
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

    private static func longer(_ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    /// When the minute of a moment began.
    public static func minute(of moment: Timestamp) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - moment.milliseconds % 60_000)
    }
}
