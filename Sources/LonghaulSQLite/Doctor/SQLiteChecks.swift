import LonghaulCore
import LonghaulStore

/// A check of an SQLite store.
typealias SQLiteCheck = StoreCheck<JobLoader, Transaction>

/// The checks of this driver.
enum SQLiteChecks {
    /// All checks, in the order in which they run. Later checks see the repairs of earlier ones.
    static let all: [SQLiteCheck] = [
        integrity, payloads, families, .blocked, .leases, .retention, .journals, orphans, deadLetters,
        .webhooks, .executions,
        counts,
    ]

    // MARK: The file

    private static let integrity = SQLiteCheck(name: "integrity") { loader, _ in
        var symptom = Symptom()
        for line in try loader.connection.texts("PRAGMA integrity_check(20)") where line != "ok" {
            symptom.add(line)
        }
        return symptom
    }

    // MARK: Jobs

    private static let missingPayloads = Query(
        """
        SELECT id FROM jobs WHERE payload IS NULL
        AND NOT EXISTS (SELECT 1 FROM payloads WHERE payloads.seq = jobs.seq)
        """)

    private static let payloads = SQLiteCheck(name: "payloads") { loader, _ in
        try found(missingPayloads, in: loader) { "the payload of job \(JobID(bytes: $0.blob(0))) is missing" }
    }

    // MARK: Counts

    private static let counted = Query(
        "SELECT queue, state, priority, count(*) FROM jobs GROUP BY queue, state, priority")
    private static let kept = Query("SELECT \(QueueState.columnNames) FROM queues")

    /// An entry for each queue with the counts of its rows.
    private static func trueCounts(_ connection: Connection) throws -> [String: QueueState] {
        var counts: [String: QueueState] = [:]
        try connection.each(counted, []) { row in
            let state = try JobState(code: row.int(1))
            counts[row.text(0), default: .init()].count(state, of: row.int(2), by: row.int(3))
            return true
        }
        return counts
    }

    private static let counts = SQLiteCheck(
        name: "counts",
        look: { loader, _ in
            let rows = try trueCounts(loader.connection)
            let entries = try loader.connection.all(kept, read: QueueState.read)
            let stored = Dictionary(entries, uniquingKeysWith: { first, _ in first })
            var symptom = Symptom()
            for name in Set(rows.keys).union(stored.keys).sorted() {
                let (recorded, actual) = (stored[name] ?? .init(), rows[name] ?? .init())
                for state in JobState.byCode where recorded.counts[state] != actual.counts[state] {
                    symptom.add(
                        "queue \(name) records \(recorded.counts[state]) \(state.rawValue) jobs, but has \(actual.counts[state])"
                    )
                }
                let isCounted = recorded.counts[.pending] == actual.counts[.pending]
                if isCounted, recorded.pendingByPriority != actual.pendingByPriority {
                    symptom.add("queue \(name) records its pending jobs under wrong priorities")
                }
            }
            return symptom
        },
        repair: { transaction in
            let rows = try trueCounts(transaction.connection)
            let stored = try transaction.connection.all(kept) { $0.text(0) }
            for name in Set(rows.keys).union(stored) {
                transaction.queues.change(name) { $0.setCounts(of: rows[name] ?? .init()) }
            }
        })

    /// The number of rows that a query finds, with a description of the first.
    static func found(
        _ query: Query, _ values: ColumnValue..., in loader: JobLoader, _ words: (Statement) -> String
    ) throws -> Symptom {
        var symptom = Symptom()
        try loader.connection.each(query, values) { row in
            symptom.add(words(row))
            return true
        }
        return symptom
    }
}
