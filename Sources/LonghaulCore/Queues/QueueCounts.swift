/// A stored queue: its settings and the number of its jobs in each state.
public struct QueueRecord: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its settings.
    public var settings: QueueSettings
    /// The number of jobs in each state. States without jobs are absent.
    public var counts: [JobState: Int]
    /// When the longest waiting pending job became due; nil if none is pending.
    public var oldestPendingAt: Timestamp?
    /// The remaining tokens of its rate limit; nil if it has none.
    public var bucket: TokenBucket?

    /// A stored queue.
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

    /// When the rate limit allows the next start; nil if it allows one now.
    public func throttledUntil(at now: Timestamp) -> Timestamp? {
        guard let limit = settings.rateLimit, let bucket else { return nil }
        return bucket.nextAt(under: limit, at: now)
    }

    /// The number of jobs that wait: scheduled, blocked, pending, retrying or suspended.
    public var unstarted: Int {
        counts.reduce(0) { $0 + ($1.key.isFinal || $1.key == .processing ? 0 : $1.value) }
    }

    /// The number of pending jobs.
    public var depth: Int { counts[.pending] ?? 0 }
}

/// The throughput of a queue, measured over the last minute.
public struct QueueRates: Sendable, Hashable {
    /// Quantiles of durations, in seconds.
    public struct Quantiles: Sendable, Hashable {
        /// The median.
        public var p50: Double
        /// The 95th percentile.
        public var p95: Double
        /// The 99th percentile.
        public var p99: Double

        /// Quantiles of these values.
        public init(p50: Double, p95: Double, p99: Double) {
            self.p50 = p50
            self.p95 = p95
            self.p99 = p99
        }
    }

    /// Submitted jobs per second.
    public var enqueueRate: Double
    /// Leased jobs per second.
    public var drainRate: Double
    /// Ended jobs per second, in any final state.
    public var finishRate: Double
    /// Failed attempts per second.
    public var failureRate: Double
    /// From due to start, in seconds; nil if none started.
    public var waitSeconds: Quantiles?
    /// From start to end of an attempt, in seconds; nil if none ended.
    public var runSeconds: Quantiles?

    /// Rates of these values.
    public init(
        enqueueRate: Double = 0, drainRate: Double = 0, finishRate: Double = 0, failureRate: Double = 0,
        waitSeconds: Quantiles? = nil,
        runSeconds: Quantiles? = nil
    ) {
        self.enqueueRate = enqueueRate
        self.drainRate = drainRate
        self.finishRate = finishRate
        self.failureRate = failureRate
        self.waitSeconds = waitSeconds
        self.runSeconds = runSeconds
    }
}

/// The status of a queue, as the API returns it.
public struct QueueStatus: Sendable, Hashable {
    /// The stored queue.
    public var record: QueueRecord
    /// Its throughput.
    public var rates: QueueRates
    /// The number of workers that hold jobs of the queue.
    public var busyWorkers: Int
    /// How long the oldest pending job has waited, in seconds.
    public var oldestPendingSeconds: Double?
    /// When the rate limit allows the next start; nil if it allows one now.
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
