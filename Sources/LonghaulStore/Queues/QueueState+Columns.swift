import LonghaulCore

/// The columns of `queues`, each with how its value is bound and read.
extension QueueState {
    /// The settings, and what depends on them. Both SQL drivers have these columns.
    package static let columns: [Column<QueueState>] =
        settingColumns + [
            Column("tokens", .real, { .real($0.bucket?.tokens) }) {
                $0.bucket = $1.optionalDouble.map { TokenBucket(tokens: $0, countedAt: .distantPast) }
            },
            Column("tokens_counted_at", .integer, { .time($0.bucket?.countedAt) }) { state, value in
                state.bucket = state.bucket.map { TokenBucket(tokens: $0.tokens, countedAt: value.time) }
            },
            Column("is_sorting", .bool, { .bool($0.isSorting) }) { $0.isSorting = $1.bool },
            Column("used_at", .integer, { .time($0.usedAt) }) { $0.usedAt = $1.time },
            Column("is_deleted", .bool, { .bool($0.isDeleted) }) { $0.isDeleted = $1.bool },
        ]

    private static let settingColumns: [Column<QueueState>] = [
        Column("max_depth", .integer, { .int($0.settings.maxDepth) }) {
            $0.settings.maxDepth = $1.optionalInt
        },
        Column("max_waiting", .integer, { .int($0.settings.maxWaiting) }) {
            $0.settings.maxWaiting = $1.optionalInt
        },
        Column("paused", .bool, { .bool($0.settings.paused) }) { $0.settings.paused = $1.bool },
        Column("max_concurrency", .integer, { .int($0.settings.maxConcurrency) }) {
            $0.settings.maxConcurrency = $1.optionalInt
        },
        Column("rate_jobs", .integer, { .int($0.settings.rateLimit?.jobs) }) {
            $0.settings.rateLimit = $1.optionalInt.map { RateLimit(jobs: $0) }
        },
        Column("rate_period_seconds", .real, { .real($0.settings.rateLimit?.periodSeconds) }) {
            $0.settings.rateLimit?.periodSeconds = $1.optionalDouble ?? 1
        },
        Column("rate_burst", .integer, { .int($0.settings.rateLimit?.burst) }) {
            $0.settings.rateLimit?.burst = $1.int
        },
        Column("partition_by", .text, { .text($0.settings.partitionBy) }) {
            $0.settings.partitionBy = $1.optionalText
        },
        Column("max_size", .integer, { .integer($0.settings.maxSize) }) {
            $0.settings.maxSize = $1.optionalInt64
        },
    ]

    /// The counts, for a driver that keeps them in the same table.
    package static let countColumns: [Column<QueueState>] =
        JobState.byCode.map { state in
            Column(state.rawValue, .integer, { .int($0.counts[state]) }) { $0.counts[state] = $1.int }
        } + [
            Column("pending_by_priority", .text, { .text($0.priorities) }) { $0.priorities = $1.text }
        ]

    /// The numbers of `pendingByPriority`, separated by spaces.
    private var priorities: String {
        get { pendingByPriority.map(String.init).joined(separator: " ") }
        set {
            let numbers = newValue.split(separator: " ").prefix(pendingByPriority.count)
            for (priority, number) in numbers.enumerated() { pendingByPriority[priority] = Int(number) ?? 0 }
        }
    }
}
