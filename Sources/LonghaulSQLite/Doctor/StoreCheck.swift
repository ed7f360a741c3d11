import LonghaulCore
import LonghaulStore

/// A check of a store.
struct StoreCheck: Sendable {
    /// The result of a check.
    struct Symptom: Sendable {
        var count = 0
        var example: String?

        mutating func add(_ example: @autoclosure () -> String) {
            count += 1
            if self.example == nil { self.example = example() }
        }
    }

    let name: String
    let look: @Sendable (JobLoader, Timestamp) throws -> Symptom
    /// Repairs what `look` finds; nil if the correct value is not known.
    var repair: (@Sendable (Transaction) throws -> Void)?

    /// All checks, in the order in which they run. Later checks see the repairs of earlier ones.
    static let all: [StoreCheck] = [
        integrity, payloads, families, blocked, leases, retention, orphans, deadLetters, counts,
    ]

    /// The time, in seconds, after which an expired lease is an inconsistency. Maintenance ends it earlier.
    private static let graceSeconds = 60.0

    // MARK: The file

    private static let integrity = StoreCheck(name: "integrity") { loader, _ in
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

    private static let payloads = StoreCheck(name: "payloads") { loader, _ in
        try found(missingPayloads, in: loader) { "the payload of job \(JobID(bytes: $0.blob(0))) is missing" }
    }

    private static let forgotten = Query(
        "SELECT seq, id, lease_expires_at FROM jobs WHERE state = 3 AND ifnull(lease_expires_at, 0) <= ?1")

    private static let leases = StoreCheck(
        name: "leases",
        look: { loader, now in
            try found(forgotten, .time(now.adding(seconds: -graceSeconds)), in: loader) { row in
                let end = row.optionalTime(2).map { "expired at \($0)" } ?? "has no end"
                return "the lease of job \(JobID(bytes: row.blob(1))) \(end)"
            }
        },
        repair: { transaction in
            // The worker may still run the job, because the repair needs the server stopped. So the lease is extended
            // by its length, as after an outage. A server ends the attempt if no heartbeat arrives by then.
            let moment = ColumnValue.time(transaction.now.adding(seconds: -graceSeconds))
            for seq in try transaction.connection.all(forgotten, moment, read: { $0.int64(0) }) {
                guard var row = try transaction.loader.row(at: seq), row.job.state == .processing else {
                    continue
                }
                row.leaseExpiresAt = transaction.leaseClock.end(ofNewLease: row.leaseMilliseconds)
                try transaction.update(row)
            }
        })

    private static let unending = Query(
        "SELECT seq, id FROM jobs WHERE state IN (5, 6, 7) AND (purge_at IS NULL OR finished_at IS NULL)")

    private static let retention = StoreCheck(
        name: "retention",
        look: { loader, _ in
            try found(unending, in: loader) {
                "job \(JobID(bytes: $0.blob(1))) has ended, but would never be removed"
            }
        },
        repair: { transaction in
            for seq in try transaction.connection.all(unending, read: { $0.int64(0) }) {
                guard var row = try transaction.loader.row(at: seq) else { continue }
                transaction.end(&row)
                try transaction.update(row)
            }
        })

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

    private static let counts = StoreCheck(
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
