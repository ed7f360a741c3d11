/// A queue as the store keeps it: its settings and how many of its jobs stand where.
public struct QueueRecord: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its bounds.
    public var settings: QueueSettings
    /// How many jobs it has in each state; a state without any is absent.
    public var counts: [JobState: Int]
    /// When the pending job that has waited longest became due; nil if none is pending.
    public var oldestPendingAt: Timestamp?
    /// What is left of its rate limit; nil if it has none.
    public var bucket: TokenBucket?

    /// A queue of these facts.
    public init(
        name: String, settings: QueueSettings, counts: [JobState: Int], oldestPendingAt: Timestamp? = nil,
        bucket: TokenBucket? = nil
    ) {
        self.name = name
        self.settings = settings
        self.counts = counts
        self.oldestPendingAt = oldestPendingAt
        self.bucket = bucket
    }

    /// When its rate limit lets the next job start; nil if it holds none back.
    public func throttledUntil(at now: Timestamp) -> Timestamp? {
        guard let limit = settings.rateLimit, let bucket else { return nil }
        return bucket.nextAt(under: limit, at: now)
    }

    /// The number of jobs that have not started: scheduled, blocked, pending or retrying.
    public var unstarted: Int {
        counts.reduce(0) { $0 + ($1.key.isFinal || $1.key == .processing ? 0 : $1.value) }
    }

    /// How many jobs are pending.
    public var depth: Int { counts[.pending] ?? 0 }
}

/// How fast a queue moves, measured over the last minute.
public struct QueueRates: Sendable, Hashable {
    /// Durations in seconds, by share of the jobs that took no longer.
    public struct Quantiles: Sendable, Hashable {
        /// Half of them.
        public var p50: Double
        /// 95 of a hundred.
        public var p95: Double
        /// 99 of a hundred.
        public var p99: Double

        /// Quantiles of these values.
        public init(p50: Double, p95: Double, p99: Double) {
            self.p50 = p50
            self.p95 = p95
            self.p99 = p99
        }
    }

    /// Jobs submitted, a second.
    public var enqueueRate: Double
    /// Jobs given to workers, a second.
    public var drainRate: Double
    /// Attempts failed, a second.
    public var failureRate: Double
    /// From due to start; nil if none started.
    public var waitSeconds: Quantiles?
    /// From start to end of an attempt; nil if none ended.
    public var runSeconds: Quantiles?

    /// Rates of these values.
    public init(
        enqueueRate: Double = 0, drainRate: Double = 0, failureRate: Double = 0,
        waitSeconds: Quantiles? = nil,
        runSeconds: Quantiles? = nil
    ) {
        self.enqueueRate = enqueueRate
        self.drainRate = drainRate
        self.failureRate = failureRate
        self.waitSeconds = waitSeconds
        self.runSeconds = runSeconds
    }
}

/// All that the API tells of a queue.
public struct QueueStatus: Sendable, Hashable {
    /// What the store keeps.
    public var record: QueueRecord
    /// How fast it moves.
    public var rates: QueueRates
    /// How many workers hold jobs of it.
    public var busyWorkers: Int
    /// For how long the oldest pending job has waited, in seconds.
    public var oldestPendingSeconds: Double?
    /// When the rate limit lets the next job start; nil if it holds none back.
    public var throttledUntil: Timestamp?

    /// The status of a queue.
    public init(
        record: QueueRecord, rates: QueueRates, busyWorkers: Int, oldestPendingSeconds: Double?,
        throttledUntil: Timestamp? = nil
    ) {
        self.record = record
        self.rates = rates
        self.busyWorkers = busyWorkers
        self.oldestPendingSeconds = oldestPendingSeconds
        self.throttledUntil = throttledUntil
    }
}
