import LonghaulCore
import LonghaulStore

/// A row of `queues`.
extension QueueState {
    static let columnNames = "name, " + columns.map(\.name).joined(separator: ", ")

    /// Reads a row of a statement that selects `columnNames`.
    static func read(_ row: inout RowReader) throws -> (name: String, state: QueueState) {
        let name = row.text()
        var state = QueueState()
        for column in columns { try column.read(&state, row.value(column.kind.type)) }
        return (name, state)
    }

    private static let change =
        "WITH change AS (UPDATE longhaul.meta SET generation = generation + 1 RETURNING generation)"
    private static let save: Query = {
        let placeholders = columns.enumerated().map { "$\($0.offset + 2)::\($0.element.kind.type.name)" }
        let changed = columns.map(\.name)
        return Query(
            """
            \(change)
            INSERT INTO longhaul.queues (\(columnNames), generation)
            SELECT $1::text, \(placeholders.joined(separator: ", ")), generation FROM change
            ON CONFLICT (name) DO UPDATE SET (\(changed.joined(separator: ", ")), generation) =
            (\(changed.map { "excluded.\($0)" }.joined(separator: ", ")), excluded.generation)
            """)
    }()
    private static let tokens = Query(
        """
        UPDATE longhaul.queues SET tokens = $2::double precision, tokens_counted_at = $3::bigint
        WHERE name = $1::text
        """)
    private static let sorted = Query(
        """
        \(change)
        UPDATE longhaul.queues q SET is_sorting = false, generation = change.generation FROM change
        WHERE q.name = $1::text AND q.partition_by IS NOT DISTINCT FROM $2::text
        """)
    private static let revived = Query(
        """
        \(change)
        UPDATE longhaul.queues q SET is_deleted = false, used_at = $2::bigint, generation = change.generation
        FROM change WHERE q.name = $1::text
        """)

    /// Writes settings. Every server reads the changed rows at its next transaction.
    static func writes(_ queues: [String: QueueState]) -> [Request] {
        queues.sorted { $0.key < $1.key }.map { name, state in
            Request(save, [.text(name)] + columns.map { Parameter($0.write(state)) })
        }
    }

    /// Makes a deleted queue visible again.
    static func revive(_ queue: String, at now: Timestamp) -> Request {
        Request(revived, .text(queue), .time(now))
    }

    /// Writes the tokens of a rate limit.
    static func write(_ bucket: TokenBucket, of queue: String) -> Request {
        Request(tokens, .text(queue), .float8(bucket.tokens), .time(bucket.countedAt))
    }

    /// Records that every pending job of a queue has its partition by this tag.
    static func endSorting(_ queue: String, by tag: String?) -> Request {
        Request(sorted, .text(queue), .text(tag))
    }
}

/// The table `queue_counts`. The counts of a queue are the sum of the changes that transactions inserted.
enum QueueCounts {
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
        \(JobState.byCode.indices.map { "$\($0 + 2)::bigint[]" }.joined(separator: ", ")))
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
    static func decode(_ rows: Rows) -> [String: StateCounts] {
        var counts: [String: StateCounts] = [:]
        for index in 0..<rows.count {
            var row = rows[index]
            counts[row.text()] = StateCounts(JobState.byCode.map { _ in row.int() })
        }
        return counts
    }

    /// Adds a transaction's differences.
    static func add(_ differences: [String: StateCounts]) -> Request {
        var queues = ArrayParameter(.text)
        var columns = JobState.byCode.map { _ in ArrayParameter(.int8) }
        for (queue, difference) in differences {
            queues.append(queue)
            for (index, value) in difference.values.enumerated() { columns[index].append(value) }
        }
        return Request(insertion, [queues.parameter] + columns.map(\.parameter))
    }
}
