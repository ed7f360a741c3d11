import LonghaulCore
import LonghaulStore

/// Checks of relations between jobs, and of the tables that belong to jobs.
extension SQLiteChecks {
    // MARK: Marks

    private static let unmarkedParents = Query(
        """
        SELECT id FROM jobs WHERE is_parent = 0 AND id IN (SELECT parent FROM jobs WHERE parent IS NOT NULL)
        """)
    private static let unmarkedAwaited = Query(
        """
        SELECT id FROM jobs WHERE is_awaited = 0
        AND seq IN (SELECT on_seq FROM dependencies WHERE is_resolved = 0)
        """)
    private static let markParents = Query(
        """
        UPDATE jobs SET is_parent = 1
        WHERE is_parent = 0 AND id IN (SELECT parent FROM jobs WHERE parent IS NOT NULL)
        """)
    private static let markAwaited = Query(
        """
        UPDATE jobs SET is_awaited = 1 WHERE is_awaited = 0
        AND seq IN (SELECT on_seq FROM dependencies WHERE is_resolved = 0)
        """)

    static let families = SQLiteCheck(
        name: "families",
        look: { loader, _ in
            var symptom = try found(unmarkedParents, in: loader) { row in
                "job \(JobID(bytes: row.blob(0))) has child jobs, but is not marked as a parent"
            }
            let awaited = try found(unmarkedAwaited, in: loader) { row in
                "jobs depend on job \(JobID(bytes: row.blob(0))), but it is not marked as a dependency"
            }
            symptom += awaited
            return symptom
        },
        repair: { transaction in
            try transaction.connection.run(markParents)
            try transaction.connection.run(markAwaited)
        })

    // MARK: Orphans

    private static let sideTables = [
        "payloads", "faults", "tags", "submission_keys", "logs", "operations", "signals", "artifacts",
        "dead_letters",
    ]
    private static let strays = sideTables.map { table in
        var rows = "FROM \(table) WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.seq = \(table).seq)"
        // The jobs of these payloads are about to be stored.
        if table == "payloads" { rows += " AND seq NOT IN (SELECT seq FROM staged_payloads)" }
        return (table: table, count: Query("SELECT count(*) \(rows)"), remove: Query("DELETE \(rows)"))
    }
    /// Edges to a job that is gone, and unresolved edges to one that has ended. Edges from a job that is gone are
    /// allowed: earlier versions left them, and they go with the job that they lead to.
    private static let deadEdges = """
        FROM dependencies WHERE NOT EXISTS (
            SELECT 1 FROM jobs WHERE jobs.seq = dependencies.on_seq
            AND (dependencies.is_resolved = 1 OR jobs.state NOT IN (5, 6, 7)))
        """
    private static let countDeadEdges = Query("SELECT count(*) \(deadEdges)")
    private static let removeDeadEdges = Query("DELETE \(deadEdges)")

    static let orphans = SQLiteCheck(
        name: "orphans",
        look: { loader, _ in
            var symptom = Symptom()
            func count(_ query: Query, _ table: String, _ words: String) throws {
                let count = try loader.connection.first(query) { $0.int(0) } ?? 0
                if count > 0 {
                    symptom += Symptom(count: count, example: "\(count) rows of \(table) \(words)")
                }
            }
            for stray in strays { try count(stray.count, stray.table, "belong to no job") }
            try count(
                countDeadEdges, "dependencies",
                "refer to jobs that were removed, or are unresolved although the job has ended")
            return symptom
        },
        repair: { transaction in
            for stray in strays { try transaction.connection.run(stray.remove) }
            try transaction.connection.run(removeDeadEdges)
        })

    // MARK: Dead letters

    private static let missingRows = Query(
        """
        SELECT jobs.id FROM jobs JOIN faults ON faults.seq = jobs.seq AND faults.version = jobs.fault_version
        WHERE jobs.state = 6 AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE dead_letters.seq = jobs.seq)
        """)
    private static let extraRows = Query(
        """
        SELECT jobs.id FROM dead_letters JOIN jobs ON jobs.seq = dead_letters.seq WHERE jobs.state <> 6
        """)
    private static let wrongGroups = Query(
        """
        SELECT fingerprint, queue, count FROM dead_letter_groups WHERE count <> (
            SELECT count(*) FROM dead_letters WHERE dead_letters.fingerprint = dead_letter_groups.fingerprint
            AND dead_letters.queue = dead_letter_groups.queue)
        """)
    private static let removeRows = Query("DELETE FROM dead_letters")
    private static let removeGroups = Query("DELETE FROM dead_letter_groups")

    static let deadLetters = SQLiteCheck(
        name: "dead-letters",
        look: { loader, _ in
            var symptom = try found(missingRows, in: loader) { row in
                "job \(JobID(bytes: row.blob(0))) has failed, but is not in dead_letters"
            }
            let others = [
                try found(extraRows, in: loader) { row in
                    "job \(JobID(bytes: row.blob(0))) has not failed, but is in dead_letters"
                },
                try found(wrongGroups, in: loader) { row in
                    "the dead-letter group \(row.text(0)) of queue \(row.text(1)) has a wrong count, \(row.int(2))"
                },
            ]
            for other in others { symptom += other }
            return symptom
        },
        repair: { transaction in
            try transaction.connection.run(removeRows)
            try transaction.connection.run(removeGroups)
            try Migration.deadLetters.fill(transaction.connection)
        })
}
