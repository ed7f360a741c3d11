import LonghaulCore
import LonghaulStore

extension QueueSettings {
    /// The columns, in the order in which `init(_:)` reads them.
    static let columns = """
        max_depth, max_waiting, paused, max_concurrency, rate_jobs, rate_period_seconds, rate_burst, \
        partition_by, max_size
        """

    /// Reads the columns.
    init(_ row: inout RowReader) {
        let maxDepth = row.optionalInt()
        let maxWaiting = row.optionalInt()
        let paused = row.bool()
        self.init(
            maxDepth: maxDepth, maxWaiting: maxWaiting, paused: paused, maxConcurrency: row.optionalInt())
        let jobs = row.optionalInt()
        let period = row.double()
        let burst = row.int()
        rateLimit = jobs.map { RateLimit(jobs: $0, periodSeconds: period, burst: burst) }
        partitionBy = row.optionalText()
        maxSize = row.optionalInt64()
    }
}

/// A queue's settings as they are to be written, with what depends on them.
struct NewSettings {
    let settings: QueueSettings
    /// The tokens of the rate limit; nil without a rate limit.
    let bucket: TokenBucket?
    /// Whether pending jobs may still lack their partition.
    let isSorting: Bool
    /// Whether the queue is deleted.
    var isDeleted = false

    /// The settings with what claims of the same transaction have left of the rate limit, if any did.
    func spending(_ spent: TokenBucket?) -> NewSettings {
        NewSettings(
            settings: settings, bucket: bucket == nil ? nil : spent ?? bucket, isSorting: isSorting,
            isDeleted: isDeleted)
    }

    private static let save = Query(
        """
        WITH change AS (UPDATE longhaul.meta SET generation = generation + 1 RETURNING generation)
        INSERT INTO longhaul.queues (
            name, \(QueueSettings.columns), tokens, tokens_counted_at, is_sorting, used_at, is_deleted,
            generation)
        SELECT $1::text, $2::bigint, $3::bigint, $4::boolean, $5::bigint, $6::bigint, $7::double precision,
        $8::bigint, $9::text, $10::bigint, $11::double precision, $12::bigint, $13::boolean, $14::bigint,
        $15::boolean, generation FROM change
        ON CONFLICT (name) DO UPDATE SET
        (\(QueueSettings.columns), tokens, tokens_counted_at, is_sorting, used_at, is_deleted, generation) = (
        excluded.max_depth, excluded.max_waiting, excluded.paused, excluded.max_concurrency,
        excluded.rate_jobs, excluded.rate_period_seconds, excluded.rate_burst, excluded.partition_by,
        excluded.max_size, excluded.tokens, excluded.tokens_counted_at, excluded.is_sorting,
        excluded.used_at, excluded.is_deleted, excluded.generation)
        """)
    private static let tokens = Query(
        """
        UPDATE longhaul.queues SET tokens = $2::double precision, tokens_counted_at = $3::bigint
        WHERE name = $1::text
        """)
    private static let sorted = Query(
        """
        WITH change AS (UPDATE longhaul.meta SET generation = generation + 1 RETURNING generation)
        UPDATE longhaul.queues q SET is_sorting = false, generation = change.generation FROM change
        WHERE q.name = $1::text AND q.partition_by IS NOT DISTINCT FROM $2::text
        """)

    /// Writes settings. Every server reads the changed rows at its next transaction.
    static func writes(_ settings: [String: NewSettings], at now: Timestamp) -> [Request] {
        settings.sorted { $0.key < $1.key }.map { name, new in
            let settings = new.settings
            return Request(
                save, .text(name), .int8(settings.maxDepth), .int8(settings.maxWaiting),
                .bool(settings.paused), .int8(settings.maxConcurrency), .int8(settings.rateLimit?.jobs),
                .float8(settings.rateLimit?.periodSeconds), .int8(settings.rateLimit?.burst),
                .text(settings.partitionBy), .int8(settings.maxSize), .float8(new.bucket?.tokens),
                .time(new.bucket?.countedAt), .bool(new.isSorting), .time(now),
                .bool(new.isDeleted))
        }
    }

    private static let revived = Query(
        """
        WITH change AS (UPDATE longhaul.meta SET generation = generation + 1 RETURNING generation)
        UPDATE longhaul.queues q SET is_deleted = false, used_at = $2::bigint, generation = change.generation
        FROM change WHERE q.name = $1::text
        """)

    /// Makes a deleted queue show up again.
    static func revive(_ queue: String, at now: Timestamp) -> Request {
        Request(revived, .text(queue), .time(now))
    }

    /// Writes what is left of a rate limit.
    static func spend(_ queue: String, _ bucket: TokenBucket) -> Request {
        Request(tokens, .text(queue), .float8(bucket.tokens), .time(bucket.countedAt))
    }

    /// Writes that every pending job of a queue has its partition by this tag.
    static func endSorting(_ queue: String, by tag: String?) -> [Request] {
        [Request(sorted, .text(queue), .text(tag))]
    }
}

/// How many jobs of each queue stand in each state, by the state's code: the sum of what transactions added.
enum QueueCounts {
    static let none = [Int](repeating: 0, count: JobState.byCode.count)
    private static let names = JobState.byCode.map(\.rawValue).joined(separator: ", ")

    private static let columns = """
        SELECT queue, \(JobState.byCode.map { "sum(\($0.rawValue))::bigint" }.joined(separator: ", "))
        FROM longhaul.queue_counts
        """
    private static let sums = Query(columns + " GROUP BY queue")
    private static let sumsOfOne = Query(columns + " WHERE queue = $1::text GROUP BY queue")
    private static let insertion = Query(
        """
        INSERT INTO longhaul.queue_counts (queue, \(names)) SELECT * FROM unnest($1::text[],
        \((2...9).map { "$\($0)::bigint[]" }.joined(separator: ", ")))
        """)
    private static let fold = Query(
        """
        WITH gone AS (
            DELETE FROM longhaul.queue_counts WHERE id IN (
                SELECT id FROM longhaul.queue_counts ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED)
            RETURNING *)
        INSERT INTO longhaul.queue_counts (queue, \(names))
        SELECT queue, \(JobState.byCode.map { "sum(\($0.rawValue))" }.joined(separator: ", "))
        FROM gone GROUP BY queue
        HAVING \(JobState.byCode.map { "sum(\($0.rawValue)) <> 0" }.joined(separator: " OR "))
        """)

    /// The counts of every queue.
    static var read: Request { Request(sums) }

    /// The counts of one queue.
    static func read(_ queue: String) -> Request { Request(sumsOfOne, .text(queue)) }

    /// Adds up the rows of many transactions.
    static var sum: Request { Request(fold) }

    /// Decodes the result of `read`.
    static func decode(_ rows: Rows) -> [String: [Int]] {
        var counts: [String: [Int]] = [:]
        for index in 0..<rows.count {
            var row = rows[index]
            counts[row.text()] = JobState.byCode.map { _ in row.int() }
        }
        return counts
    }

    /// Adds a transaction's differences.
    static func add(_ differences: [String: [Int]]) -> Request {
        var queues = ArrayParameter(.text)
        var columns = JobState.byCode.map { _ in ArrayParameter(.int8) }
        for (queue, difference) in differences {
            queues.append(queue)
            for (index, value) in difference.enumerated() { columns[index].append(value) }
        }
        return Request(insertion, [queues.parameter] + columns.map(\.parameter))
    }

    /// The facts of a queue.
    static func record(
        _ name: String, _ settings: QueueSettings, _ counts: [Int], _ bucket: TokenBucket?
    ) -> QueueRecord {
        var byState: [JobState: Int] = [:]
        for state in JobState.byCode where counts[state.code] != 0 { byState[state] = counts[state.code] }
        return QueueRecord(name: name, settings: settings, counts: byState, bucket: bucket)
    }
}
