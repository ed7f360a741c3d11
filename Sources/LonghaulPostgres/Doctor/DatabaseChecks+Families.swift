import LonghaulCore
import LonghaulStore

/// Checks of relations between jobs, and of the tables that belong to jobs.
extension DatabaseChecks {
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
                SELECT 'job ' || j.id || ' has child jobs, but is not marked as a parent' FROM longhaul.jobs j
                WHERE NOT j.is_parent AND \(isParent)
                """,
                """
                SELECT 'jobs depend on job ' || j.id || ', but it is not marked as a dependency' FROM longhaul.jobs j
                WHERE NOT j.is_awaited AND \(isAwaited)
                """,
            ].map(counting)),
        repair: { transaction in
            try transaction.connection.run([Request(markParents), Request(markAwaited)])
        })

    // MARK: Orphans

    private static let sideTables = [
        "faults", "tags", "submission_keys", "logs", "operations", "signals", "artifacts", "dead_letters",
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
                SELECT 'a dependency refers to a job that was removed, or is unresolved although the job has ended'
                FROM longhaul.dependencies WHERE \(isDeadEdge)
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
                SELECT 'job ' || j.id || ' has failed, but is not in dead_letters' FROM longhaul.jobs j
                WHERE j.state = 6 AND j.fingerprint IS NOT NULL AND NOT EXISTS (
                    SELECT FROM longhaul.dead_letters d
                    WHERE d.fingerprint = j.fingerprint AND d.queue = j.queue AND d.id = j.id)
                """,
                """
                SELECT 'job ' || d.id || ' has not failed, but is in dead_letters'
                FROM longhaul.dead_letters d JOIN longhaul.jobs j ON j.id = d.id WHERE j.state <> 6
                """,
                """
                SELECT 'the dead-letter group ' || coalesce(g.fingerprint, c.fingerprint) || ' of queue '
                || coalesce(g.queue, c.queue) || ' has a wrong count'
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
