import LonghaulCore
import LonghaulStoreRules

/// What must hold between jobs, and between jobs and what belongs to them.
extension DatabaseCheck {
    // MARK: Marks

    private static let isParent = "EXISTS (SELECT FROM longhaul.jobs c WHERE c.parent = j.id)"
    private static let isAwaited = """
        EXISTS (SELECT FROM longhaul.dependencies d WHERE d.on_id = j.id AND NOT d.is_resolved)
        """
    private static let markParents = Query(
        "UPDATE longhaul.jobs j SET is_parent = true WHERE NOT j.is_parent AND \(isParent)")
    private static let markAwaited = Query(
        "UPDATE longhaul.jobs j SET is_awaited = true WHERE NOT j.is_awaited AND \(isAwaited)")

    static let families = DatabaseCheck(
        name: "families",
        look: look(
            [
                """
                SELECT 'job ' || j.id || ' has children and is not marked as a parent' FROM longhaul.jobs j
                WHERE NOT j.is_parent AND \(isParent)
                """,
                """
                SELECT 'others wait for job ' || j.id || ', and it is not marked so' FROM longhaul.jobs j
                WHERE NOT j.is_awaited AND \(isAwaited)
                """,
            ].map(counting)),
        repair: { transaction in
            try transaction.connection.run([Request(markParents), Request(markAwaited)])
        })

    // MARK: Waiting

    private static let waiting = Query("SELECT id FROM longhaul.jobs WHERE state = 1 ORDER BY id")
    private static let edges = Query(
        "SELECT on_id FROM longhaul.dependencies WHERE id = $1::uuid AND NOT is_resolved")

    /// How a blocked job stands to what it waits for.
    private struct Standing {
        var open: [JobRow] = []
        var missingEdges: [JobRow] = []
        var needed = 0
        var firstOtherwise: JobID?
        /// Whether the row and the edges say the same.
        var isTrue = false

        init(of row: JobRow, _ connection: Connection) throws {
            let ids = Set(row.job.dependsOn)
            let rows = try JobRows.decode(connection.run(JobRows.read(Array(ids), .none)))
            let found = Dictionary(
                rows.map { ($0.row.job.id, $0.row) }, uniquingKeysWith: { first, _ in first })
            let edges = Set(try connection.run(Request(edges, .uuid(row.job.id))).map { $0.id() })
            var wanted = 0
            for id in ids {
                let dependency = found[id]
                if let dependency, !dependency.job.state.isFinal {
                    open.append(dependency)
                    if !edges.contains(id) { missingEdges.append(dependency) }
                } else if row.job.spec.isWanted(dependency?.job.state ?? .cancelled) {
                    wanted += 1
                } else {
                    firstOtherwise = firstOtherwise ?? id
                }
            }
            needed = row.job.spec.dependenciesNeeded(of: ids.count, wanted: wanted)
            isTrue =
                missingEdges.isEmpty && needed > 0 && needed <= open.count && row.waitingOn == open.count
                && row.needed == needed
        }
    }

    static let blocked = DatabaseCheck(
        name: "blocked",
        look: { reader in
            var symptom = Symptom()
            try reader.steadily {
                for id in try ids(waiting, reader.connection) {
                    guard let row = try reader.row(id) else { continue }
                    let standing = try Standing(of: row, reader.connection)
                    guard !standing.isTrue else { continue }
                    symptom.add(
                        Symptom(
                            count: 1,
                            example:
                                "job \(id) waits for \(row.needed) of \(row.waitingOn) jobs, where it should wait for \(standing.needed) of \(standing.open.count)"
                        ))
                }
            }
            return symptom
        },
        repair: { transaction in
            for id in try ids(waiting, transaction.connection) {
                // One that was repaired before may have freed this one.
                guard var row = try transaction.row(id), row.job.state == .blocked else { continue }
                let standing = try Standing(of: row, transaction.connection)
                if !standing.isTrue { try repair(&row, standing, transaction) }
            }
        })

    private static func repair(
        _ row: inout JobRow, _ standing: Standing, _ transaction: Transaction
    ) throws {
        row.waitingOn = standing.open.count
        row.needed = standing.needed
        if standing.needed <= 0 {
            try transaction.free(&row)
        } else if standing.needed > standing.open.count {
            try transaction.giveUp(&row, because: standing.firstOtherwise ?? row.job.id)
        } else {
            try transaction.fetch(standing.missingEdges.map(\.job.id))
            for other in standing.missingEdges { transaction.addDependency(of: row, on: other) }
            transaction.save(row)
        }
        if row.job.state.isFinal { try transaction.settleDependents(of: row) }
    }

    // MARK: Orphans

    private static let sideTables = [
        "faults", "tags", "submission_keys", "logs", "steps", "artifacts", "dead_letters",
    ]
    private static func isStray(_ table: String) -> String {
        "NOT EXISTS (SELECT FROM longhaul.jobs j WHERE j.id = longhaul.\(table).id)"
    }
    /// Edges to a job that is gone, and unresolved edges to one that has ended.
    private static let isDeadEdge = """
        NOT EXISTS (
            SELECT FROM longhaul.jobs j WHERE j.id = longhaul.dependencies.on_id
            AND (longhaul.dependencies.is_resolved OR j.state NOT IN (5, 6, 7)))
        """
    private static let removals =
        sideTables.map { Query("DELETE FROM longhaul.\($0) WHERE \(isStray($0))") }
        + [Query("DELETE FROM longhaul.dependencies WHERE \(isDeadEdge)")]

    static let orphans = DatabaseCheck(
        name: "orphans",
        look: look(
            (sideTables.map { table in
                "SELECT 'a row of \(table) belongs to no job' FROM longhaul.\(table) WHERE \(isStray(table))"
            } + [
                """
                SELECT 'a dependency leads to a job that is gone or has ended' FROM longhaul.dependencies
                WHERE \(isDeadEdge)
                """
            ]).map(counting)),
        repair: { transaction in
            try transaction.connection.run(removals.map { Request($0) })
        })

    // MARK: Dead letters

    private static let removeLetters = Query("DELETE FROM longhaul.dead_letters")
    private static let removeGroups = Query("DELETE FROM longhaul.dead_letter_groups")
    private static let addLetters = Query(
        """
        INSERT INTO longhaul.dead_letters (fingerprint, queue, id)
        SELECT fingerprint, queue, id FROM longhaul.jobs WHERE state = 6 AND fingerprint IS NOT NULL
        """)
    private static let addGroups = Query(
        """
        INSERT INTO longhaul.dead_letter_groups
        (fingerprint, queue, kind, error_type, count, first_seen_at, last_seen_at)
        SELECT j.fingerprint, j.queue, min(j.kind), min(f.type), count(*), min(f.at), max(f.at)
        FROM longhaul.jobs j JOIN longhaul.faults f ON f.id = j.id AND f.version = j.fault_version
        WHERE j.state = 6 AND j.fingerprint IS NOT NULL GROUP BY j.fingerprint, j.queue
        """)

    static let deadLetters = DatabaseCheck(
        name: "dead-letters",
        look: look(
            [
                """
                SELECT 'job ' || j.id || ' has failed and is not among the dead letters' FROM longhaul.jobs j
                WHERE j.state = 6 AND j.fingerprint IS NOT NULL AND NOT EXISTS (
                    SELECT FROM longhaul.dead_letters d
                    WHERE d.fingerprint = j.fingerprint AND d.queue = j.queue AND d.id = j.id)
                """,
                """
                SELECT 'job ' || d.id || ' has not failed and is among the dead letters'
                FROM longhaul.dead_letters d JOIN longhaul.jobs j ON j.id = d.id WHERE j.state <> 6
                """,
                """
                SELECT 'the group ' || coalesce(g.fingerprint, c.fingerprint) || ' of queue '
                || coalesce(g.queue, c.queue) || ' is counted wrongly'
                FROM longhaul.dead_letter_groups g FULL JOIN (
                    SELECT fingerprint, queue, count(*) FROM longhaul.dead_letters GROUP BY fingerprint, queue) c
                ON c.fingerprint = g.fingerprint AND c.queue = g.queue
                WHERE g.count IS DISTINCT FROM c.count
                """,
            ].map(counting)),
        repair: { transaction in
            try transaction.connection.run([
                Request(removeLetters), Request(removeGroups), Request(addLetters), Request(addGroups),
            ])
        })
}
