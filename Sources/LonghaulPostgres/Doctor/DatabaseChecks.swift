import LonghaulCore
import LonghaulStore

/// A check of a PostgreSQL store.
typealias DatabaseCheck = StoreCheck<Reader, Transaction>

/// The checks of this driver.
enum DatabaseChecks {
    /// All checks, in the order in which they run. Later checks see the repairs of earlier ones.
    static let all: [DatabaseCheck] = [
        integrity, payloads, families, .blocked, .leases, .journals, .retention, orphans, deadLetters,
        .webhooks, .executions,
        counts,
    ]

    /// The number of inconsistencies that statements find, with one example. Each statement selects one sentence per
    /// inconsistency.
    static func look(_ statements: [Query]) -> @Sendable (Reader, Timestamp) throws -> Symptom {
        { reader, _ in
            var symptom = Symptom()
            for statement in statements {
                var row = try reader.connection.run(Request(statement)).first
                let count = row?.int() ?? 0
                symptom += Symptom(count: count, example: row?.optionalText())
            }
            return symptom
        }
    }

    /// A statement that counts the sentences of another one.
    static func counting(_ sentences: String) -> Query {
        Query("SELECT count(*), min(found.sentence) FROM (\(sentences)) AS found (sentence)")
    }

    /// The jobs that a statement finds.
    static func ids(_ statement: Query, _ connection: Connection) throws -> [JobID] {
        try connection.run(Request(statement)).map { $0.id() }
    }

    // MARK: Places

    /// `pending` and `agenda` hold the positions of jobs outside their rows.
    private static let placeSentences = [
        """
        SELECT 'job ' || p.id || ' has a row in pending, but is not pending at that place' FROM longhaul.pending p
        LEFT JOIN longhaul.jobs j ON j.id = p.id AND j.state = 2 AND j.lane = p.lane AND j.pos = p.pos
        WHERE j.id IS NULL
        """,
        """
        SELECT 'job ' || j.id || ' is pending, but has no row in pending' FROM longhaul.jobs j
        WHERE \(isLost)
        """,
        """
        SELECT 'the row of job ' || a.id || ' in agenda has a wrong time or state' FROM longhaul.agenda a
        LEFT JOIN longhaul.jobs j ON j.id = a.id AND j.due = a.due AND j.state = a.state WHERE j.id IS NULL
        """,
        """
        SELECT 'job ' || j.id || ' has no row in agenda' FROM longhaul.jobs j WHERE \(isForgotten)
        """,
    ]
    private static let isLost = """
        j.state = 2 AND NOT EXISTS (
            SELECT FROM longhaul.pending p JOIN longhaul.lanes l ON l.id = p.lane
            WHERE p.lane = j.lane AND p.pos = j.pos AND p.id = j.id)
        """
    private static let isForgotten = """
        j.due IS NOT NULL AND NOT EXISTS (
            SELECT FROM longhaul.agenda a WHERE a.due = j.due AND a.id = j.id AND a.state = j.state)
        """
    private static let lost = Query("SELECT j.id FROM longhaul.jobs j WHERE \(isLost)")
    private static let removePlaces = Query(
        """
        DELETE FROM longhaul.pending p WHERE NOT EXISTS (
            SELECT FROM longhaul.jobs j WHERE j.id = p.id AND j.state = 2 AND j.lane = p.lane AND j.pos = p.pos)
        """)
    private static let removeAgenda = Query(
        """
        DELETE FROM longhaul.agenda a WHERE NOT EXISTS (
            SELECT FROM longhaul.jobs j WHERE j.id = a.id AND j.due = a.due AND j.state = a.state)
        """)
    private static let addAgenda = Query(
        """
        INSERT INTO longhaul.agenda (due, id, state)
        SELECT j.due, j.id, j.state FROM longhaul.jobs j WHERE \(isForgotten) ON CONFLICT DO NOTHING
        """)

    private static let integrity = DatabaseCheck(
        name: "integrity", look: look(placeSentences.map(counting)),
        repair: { transaction in
            let ids = try ids(lost, transaction.connection)
            try transaction.connection.run([
                Request(removePlaces), Request(removeAgenda), Request(addAgenda),
            ])
            try transaction.prefetch(ids)
            for id in ids {
                guard var row = try transaction.row(id), row.job.state == .pending else { continue }
                try transaction.enqueue(&row, isLate: true)
                transaction.update(row)
            }
        })

    // MARK: Jobs

    private static let payloads = DatabaseCheck(
        name: "payloads",
        look: look([
            counting(
                """
                SELECT 'the payload of job ' || id || ' is missing' FROM longhaul.jobs WHERE octet_length(payload) = 0
                """)
        ]))

    // MARK: Counts

    private static let states = JobState.byCode.map(\.rawValue)
    private static let trueCounts = """
        SELECT queue, \(JobState.byCode.map { "count(*) FILTER (WHERE state = \($0.code)) AS \($0.rawValue)" }
        .joined(separator: ", ")) FROM longhaul.jobs GROUP BY queue
        """
    private static let wrongCounts = """
        SELECT 'the counts of queue ' || coalesce(t.queue, c.queue) || ' differ from its jobs' FROM (\(trueCounts)) t
        FULL JOIN (
            SELECT queue, \(states.map { "sum(\($0)) AS \($0)" }.joined(separator: ", "))
            FROM longhaul.queue_counts GROUP BY queue) c ON c.queue = t.queue
        WHERE \(states.map { "coalesce(t.\($0), 0) <> coalesce(c.\($0), 0)" }.joined(separator: " OR "))
        """
    private static let missingQueues = """
        SELECT 'queue ' || j.queue || ' has jobs, but no row in queues' FROM longhaul.jobs j
        WHERE NOT EXISTS (SELECT FROM longhaul.queues q WHERE q.name = j.queue) GROUP BY j.queue
        """
    private static let removeCounts = Query("DELETE FROM longhaul.queue_counts")
    private static let addCounts = Query(
        "INSERT INTO longhaul.queue_counts (queue, \(states.joined(separator: ", "))) \(trueCounts)")
    private static let queuesOfJobs = Query(
        """
        SELECT j.queue FROM longhaul.jobs j
        WHERE NOT EXISTS (SELECT FROM longhaul.queues q WHERE q.name = j.queue) GROUP BY j.queue
        """)

    private static let counts = DatabaseCheck(
        name: "counts", look: look([wrongCounts, missingQueues].map(counting)),
        repair: { transaction in
            let missing = try transaction.connection.run(Request(queuesOfJobs)).map { $0.text() }
            try transaction.cache.insertQueues(missing, transaction.aside.use(), at: transaction.now)
            try transaction.connection.run([Request(removeCounts), Request(addCounts)])
        })
}
