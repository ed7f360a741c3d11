import LonghaulCore
import LonghaulStore

/// A queue's settings, the tokens of its rate limit, and the number of its jobs in each state.
struct QueueState {
    private(set) var settings = QueueSettings()
    /// The number of jobs in each state, by the state's code.
    private(set) var counts = [Int](repeating: 0, count: JobState.byCode.count)
    /// The number of pending jobs of each priority.
    private(set) var pendingByPriority = [Int](repeating: 0, count: 10)
    /// The tokens of the rate limit; nil without a rate limit.
    private(set) var bucket: TokenBucket?
    /// Whether pending jobs may still lack their partition.
    private(set) var isSorting = false
    /// When a job of the queue last changed, or its settings were set.
    private(set) var usedAt = Timestamp(milliseconds: 0)
    /// Whether it was deleted and not used since.
    private(set) var isDeleted = false
    /// The position of the partition sorter. It is not stored: after a restart, sorting begins again.
    var sortingPlace: PartitionSorter.Place?

    /// The number of jobs that count against `max_depth`.
    var pending: Int { counts[JobState.pending.code] }

    /// The number of jobs that count against `max_waiting`.
    var waiting: Int {
        JobState.byCode.reduce(0) { $0 + ($1.isWaiting ? counts[$1.code] : 0) }
    }

    /// The priorities of pending jobs, highest first.
    var pendingPriorities: [Int] {
        pendingByPriority.indices.reversed().filter { pendingByPriority[$0] > 0 }
    }

    /// Records that a job of the queue changed to a state; nil for a deleted job.
    mutating func use(for state: JobState?, at now: Timestamp) {
        usedAt = max(usedAt, now)
        if let state, !state.isFinal { isDeleted = false }
    }

    /// Whether it has no jobs in any state.
    var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

    /// Whether it can be deleted without loss.
    func isUnused(since moment: Timestamp) -> Bool {
        isEmpty && (isDeleted || settings == QueueSettings() && usedAt < moment)
    }

    /// Resets the settings, and hides the queue until it is used again.
    mutating func delete() {
        settings = QueueSettings()
        bucket = nil
        isSorting = false
        sortingPlace = nil
        isDeleted = true
    }

    /// Counts jobs of a state and priority.
    mutating func count(_ state: JobState, of priority: Int, by number: Int) {
        counts[state.code] += number
        if state == .pending { pendingByPriority[priority] += number }
    }

    /// Copies the counts of another state.
    mutating func setCounts(of other: QueueState) {
        counts = other.counts
        pendingByPriority = other.pendingByPriority
    }

    /// Changes the settings and what depends on them.
    mutating func set(_ new: QueueSettings, at now: Timestamp) {
        if new.partitionBy != settings.partitionBy {
            isSorting = pending > 0
            sortingPlace = nil
        }
        if let limit = new.rateLimit {
            // A smaller burst needs no change: the bucket never counts more tokens than the burst.
            if bucket == nil { bucket = TokenBucket(full: limit, at: now) }
        } else {
            bucket = nil
        }
        settings = new
        usedAt = max(usedAt, now)
        isDeleted = false
    }

    /// Records that every pending job has its partition.
    mutating func endSorting() {
        isSorting = false
        sortingPlace = nil
    }

    /// Whether pending jobs may have partitions of their own.
    var hasPartitions: Bool { settings.partitionBy != nil || isSorting }

    /// The number of further jobs that may start now.
    func room(at now: Timestamp) -> Int {
        guard !settings.paused, pending > 0 else { return 0 }
        var room = pending
        if let bound = settings.maxConcurrency {
            room = min(room, bound - counts[JobState.processing.code])
        }
        if let limit = settings.rateLimit, let bucket {
            room = min(room, bucket.available(under: limit, at: now))
        }
        return max(0, room)
    }

    /// Consumes a token of the rate limit for a job that starts.
    mutating func consumeToken(at now: Timestamp) {
        guard let limit = settings.rateLimit else { return }
        bucket?.take(under: limit, at: now)
    }

    /// The partition of a job by the current settings.
    func partition(of spec: JobSpec) -> String {
        settings.partitionBy.flatMap { spec.tags[$0] } ?? ""
    }

    /// The queue as the API shows it.
    func record(_ name: String) -> QueueRecord {
        var byState: [JobState: Int] = [:]
        for state in JobState.byCode where counts[state.code] != 0 { byState[state] = counts[state.code] }
        return QueueRecord(name: name, settings: settings, counts: byState, bucket: bucket)
    }
}
extension QueueState {
    static let columns = """
        name, max_depth, max_waiting, paused, max_concurrency, scheduled, blocked, pending, processing, \
        retrying, completed, failed, cancelled, rate_jobs, rate_period_seconds, rate_burst, tokens, \
        tokens_counted_at, partition_by, is_sorting, max_size, pending_by_priority, \
        used_at, is_deleted
        """

    static let save = Query(
        "INSERT OR REPLACE INTO queues (\(columns)) VALUES "
            + "(\((1...24).map { "?\($0)" }.joined(separator: ", ")))")

    /// Reads the current row of a statement that selects `columns`.
    static func read(_ row: Statement) -> (String, QueueState) {
        var entry = QueueState()
        var settings = QueueSettings(
            maxDepth: row.optionalInt64(1).map { Int($0) }, maxWaiting: row.optionalInt64(2).map { Int($0) },
            paused: row.int(3) != 0, maxConcurrency: row.optionalInt64(4).map { Int($0) },
            partitionBy: row.optionalText(18), maxSize: row.optionalInt64(20))
        if !row.isNull(13) {
            settings.rateLimit = RateLimit(
                jobs: row.int(13), periodSeconds: row.double(14), burst: row.int(15))
            entry.bucket = TokenBucket(tokens: row.double(16), countedAt: row.time(17))
        }
        entry.settings = settings
        entry.counts = (0..<8).map { row.int(5 + $0) }
        entry.isSorting = row.int(19) != 0
        for (priority, count) in row.text(21).split(separator: " ").prefix(10).enumerated() {
            entry.pendingByPriority[priority] = Int(count) ?? 0
        }
        entry.usedAt = row.time(22)
        entry.isDeleted = row.int(23) != 0
        return (row.text(0), entry)
    }

    /// The parameters of `save`.
    func values(_ name: String) -> [ColumnValue] {
        let limit = settings.rateLimit
        let priorities = pendingByPriority.map(String.init).joined(separator: " ")
        return [
            .text(name), .int(settings.maxDepth), .int(settings.maxWaiting), .bool(settings.paused),
            .int(settings.maxConcurrency),
        ] + counts.map { .int($0) } + [
            .int(limit?.jobs), .real(limit?.periodSeconds), .int(limit?.burst), .real(bucket?.tokens),
            .time(bucket?.countedAt), .text(settings.partitionBy), .bool(isSorting),
            .integer(settings.maxSize), .text(priorities), .time(usedAt), .bool(isDeleted),
        ]
    }
}
