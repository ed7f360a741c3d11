public import LonghaulJSON

extension QueueStatus: JSONReadable, JSONWritable {
    /// Reads a queue's status, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> QueueStatus {
        var counts: [JobState: Int] = [:]
        if var inner = reader.object("counts") {
            for state in JobState.allCases {
                counts[state] = inner.int(state.rawValue).map(Int.init)
            }
        }
        let record = QueueRecord(
            name: reader.requiredString("name") ?? "", settings: QueueSettings.readFields(&reader),
            counts: counts)
        return QueueStatus(
            record: record,
            rates: QueueRates(
                enqueueRate: reader.double("enqueue_rate") ?? 0, drainRate: reader.double("drain_rate") ?? 0,
                finishRate: reader.double("finish_rate") ?? 0,
                failureRate: reader.double("failure_rate") ?? 0,
                waitSeconds: QueueRates.Quantiles.read(&reader, "wait_seconds"),
                runSeconds: QueueRates.Quantiles.read(&reader, "run_seconds")),
            busyWorkers: reader.int("busy_workers").map(Int.init) ?? 0,
            oldestPendingSeconds: reader.double("oldest_pending_seconds"),
            throttledUntil: reader.timestamp("throttled_until"))
    }

    /// Writes the queue as the API returns it.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", record.name)
            record.settings.writeFields(to: &writer)
            writer.object("counts") { writer in
                for state in JobState.allCases { writer.field(state.rawValue, record.counts[state] ?? 0) }
            }
            writer.field("depth", record.depth)
            writer.field("oldest_pending_seconds", oldestPendingSeconds)
            writer.field("throttled_until", throttledUntil)
            writer.field("enqueue_rate", rates.enqueueRate)
            writer.field("drain_rate", rates.drainRate)
            writer.field("finish_rate", rates.finishRate)
            writer.field("failure_rate", rates.failureRate)
            writer.field("busy_workers", busyWorkers)
            writer.field("wait_seconds", rates.waitSeconds)
            writer.field("run_seconds", rates.runSeconds)
        }
    }
}

extension QueueRates.Quantiles: JSONWritable {
    static func read(_ reader: inout JSONObjectReader, _ name: String) -> QueueRates.Quantiles? {
        guard var inner = reader.object(name) else { return nil }
        return QueueRates.Quantiles(
            p50: inner.double("p50") ?? 0, p95: inner.double("p95") ?? 0, p99: inner.double("p99") ?? 0)
    }

    /// Writes the quantiles.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("p50", p50)
            writer.field("p95", p95)
            writer.field("p99", p99)
        }
    }
}

extension QueueSettings: JSONReadable, JSONWritable {
    /// Reads settings, strictly. An absent field has its default value; `null` stands for no limit.
    public static func read(_ reader: inout JSONObjectReader) -> QueueSettings {
        let settings = readFields(&reader, strictly: true)
        reader.finish()
        return settings
    }

    static func readFields(_ reader: inout JSONObjectReader, strictly: Bool = false) -> QueueSettings {
        var settings = QueueSettings()
        if let node = reader.node("max_depth") {
            settings.maxDepth =
                node.isNull ? nil : reader.int("max_depth", within: FieldBounds.depth)
        }
        settings.maxWaiting = reader.int("max_waiting", within: FieldBounds.depth)
        settings.paused = reader.bool("paused") ?? false
        settings.maxConcurrency = reader.int("max_concurrency", within: FieldBounds.concurrency)
        if var limit = reader.object("rate_limit") {
            settings.rateLimit = RateLimit.read(&limit)
            if strictly { limit.finish() }
        }
        settings.partitionBy = reader.string("partition_by")
        if let tag = settings.partitionBy, !TextRule.isPlain(tag, FieldBounds.tagNameLength) {
            reader.fault(
                "partition_by",
                "must be the name of a tag, 1 to \(FieldBounds.tagNameLength.upperBound) characters")
        }
        settings.maxSize = reader.int("max_size", within: FieldBounds.size).map { Int64($0) }
        return settings
    }

    /// Writes the settings.
    public func write(to writer: inout JSONWriter) {
        writer.object(writeFields)
    }

    func writeFields(to writer: inout JSONWriter) {
        writer.field("max_depth", maxDepth)
        writer.field("max_waiting", maxWaiting)
        writer.field("paused", paused)
        writer.field("max_concurrency", maxConcurrency)
        writer.field("rate_limit", rateLimit)
        writer.field("partition_by", partitionBy)
        writer.field("max_size", maxSize)
    }
}

extension RateLimit: JSONWritable {
    static func read(_ reader: inout JSONObjectReader) -> RateLimit {
        let jobs = reader.needed("jobs", "an integer") { $0.int($1, within: FieldBounds.rateLimitJobs) }
        let period = reader.double("period_seconds", in: FieldBounds.rateLimitPeriodSeconds)
        let burst = reader.int("burst", within: FieldBounds.rateLimitJobs)
        return RateLimit(jobs: jobs ?? 1, periodSeconds: period ?? 1, burst: burst)
    }

    /// Writes the limit.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("jobs", jobs)
            writer.field("period_seconds", periodSeconds)
            writer.field("burst", burst)
        }
    }
}

extension WorkerRecord {
    /// Writes the worker as the API returns it at the given time.
    public func write(to writer: inout JSONWriter, at now: Timestamp) {
        writer.object { writer in
            writer.field("id", info.id)
            writer.field("name", info.name)
            writer.field("labels", info.labels)
            writer.field("queues", queues)
            writer.field("kinds", kinds)
            writer.field("heartbeat_interval_seconds", info.heartbeatIntervalSeconds)
            writer.field("state", health(at: now).rawValue)
            writer.field("running", running.map(\.description))
            writer.field("first_seen_at", firstSeenAt)
            writer.field("last_heartbeat_at", lastSeenAt)
        }
    }
}

/// The jobs that a worker held when it was deregistered.
public struct ReleasedJobs: Sendable, Hashable {
    /// The jobs, which are pending again.
    public var jobs: [JobID]

    /// An answer with these jobs.
    public init(jobs: [JobID]) {
        self.jobs = jobs
    }
}

extension ReleasedJobs: JSONReadable, JSONWritable {
    /// Reads the answer, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> ReleasedJobs {
        ReleasedJobs(jobs: reader.strings("released")?.compactMap { JobID($0) } ?? [])
    }

    /// Writes the answer.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("released", jobs.map(\.description)) }
    }
}

/// A worker as the API returns it.
public struct WorkerStatus: Sendable, Hashable {
    /// What the worker reports about itself.
    public var info: WorkerInfo
    /// The queues of its latest request.
    public var queues: [String]
    /// Its health.
    public var health: WorkerHealth
    /// The jobs that it holds.
    public var running: [JobID]
    /// When it was last seen.
    public var lastSeenAt: Timestamp
}

extension WorkerStatus: JSONReadable {
    /// Reads a worker, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> WorkerStatus {
        WorkerStatus(
            info: WorkerInfo(
                id: reader.requiredString("id") ?? "", name: reader.string("name"),
                labels: reader.labels("labels") ?? [:],
                heartbeatIntervalSeconds: reader.double("heartbeat_interval_seconds")),
            queues: reader.strings("queues") ?? [],
            health: reader.choice("state", of: WorkerHealth.self) ?? .gone,
            running: reader.strings("running")?.compactMap { JobID($0) } ?? [],
            lastSeenAt: reader.needed("last_heartbeat_at", "a time") { $0.timestamp($1) } ?? .distantFuture)
    }
}
