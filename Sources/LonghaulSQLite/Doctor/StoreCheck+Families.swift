import LonghaulCore
import LonghaulStoreRules

/// What must hold between jobs, and between jobs and what belongs to them.
extension StoreCheck {
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

    static let families = StoreCheck(
        name: "families",
        look: { loader, _ in
            var symptom = try found(unmarkedParents, in: loader) { row in
                "job \(JobID(bytes: row.blob(0))) has children and is not marked as a parent"
            }
            let awaited = try found(unmarkedAwaited, in: loader) { row in
                "others wait for job \(JobID(bytes: row.blob(0))), and it is not marked so"
            }
            symptom.count += awaited.count
            symptom.example = symptom.example ?? awaited.example
            return symptom
        },
        mend: { transaction in
            try transaction.connection.run(markParents)
            try transaction.connection.run(markAwaited)
        })

    // MARK: Waiting

    private static let waiting = Query("SELECT seq FROM jobs WHERE state = 1")
    private static let edge = Query(
        "SELECT 1 FROM dependencies WHERE on_seq = ?1 AND seq = ?2 AND is_resolved = 0")

    /// How a blocked job stands to what it waits for, by what is there.
    private struct Standing {
        var open: [JobRow] = []
        var needed = 0
        var firstOtherwise: JobID?
        /// Whether the row and the edges say the same.
        var isTrue = false

        init(of row: JobRow, _ loader: JobLoader) throws {
            let spec = row.job.spec
            var wanted = 0
            var hasEdges = true
            let ids = Set(row.job.dependsOn)
            for id in ids {
                let dependency = try loader.row(id)
                if let dependency, !dependency.job.state.isFinal {
                    open.append(dependency)
                    let found = try loader.connection.first(
                        edge, .integer(dependency.seq), .integer(row.seq), read: { _ in true })
                    if found == nil { hasEdges = false }
                } else if spec.isWanted(dependency?.job.state ?? .cancelled) {
                    wanted += 1
                } else {
                    firstOtherwise = firstOtherwise ?? id
                }
            }
            needed = spec.dependenciesNeeded(of: ids.count, wanted: wanted)
            isTrue =
                hasEdges && needed > 0 && needed <= open.count && row.waitingOn == open.count
                && row.needed == needed
        }
    }

    static let blocked = StoreCheck(
        name: "blocked",
        look: { loader, _ in
            var symptom = Symptom()
            for seq in try loader.connection.all(waiting, read: { $0.int64(0) }) {
                guard let row = try loader.row(at: seq), row.job.state == .blocked else { continue }
                let standing = try Standing(of: row, loader)
                guard !standing.isTrue else { continue }
                symptom.add(
                    "job \(row.job.id) waits for \(row.needed) of \(row.waitingOn) jobs, where it should wait for "
                        + "\(standing.needed) of \(standing.open.count)")
            }
            return symptom
        },
        mend: { transaction in
            for seq in try transaction.connection.all(waiting, read: { $0.int64(0) }) {
                // One that was mended before may have freed this one.
                guard var row = try transaction.loader.row(at: seq), row.job.state == .blocked else {
                    continue
                }
                let standing = try Standing(of: row, transaction.loader)
                if !standing.isTrue { try mend(&row, standing, transaction) }
            }
        })

    private static func mend(
        _ row: inout JobRow, _ standing: Standing, _ transaction: Transaction
    ) throws {
        row.waitingOn = standing.open.count
        row.needed = standing.needed
        if standing.needed <= 0 {
            try transaction.free(&row)
        } else if standing.needed > standing.open.count {
            try transaction.giveUp(&row, because: standing.firstOtherwise ?? row.job.id)
        } else {
            for other in standing.open { try transaction.addDependency(of: row, on: other) }
            try transaction.save(row)
        }
        if row.job.state.isFinal { try transaction.settleDependents(of: row) }
    }

    // MARK: Orphans

    private static let sideTables = [
        "payloads", "faults", "tags", "submission_keys", "logs", "steps", "artifacts", "dead_letters",
    ]
    private static let strays = sideTables.map { table in
        (
            table: table,
            count: Query(
                "SELECT count(*) FROM \(table) WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.seq = \(table).seq)"
            ),
            remove: Query(
                "DELETE FROM \(table) WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.seq = \(table).seq)")
        )
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

    static let orphans = StoreCheck(
        name: "orphans",
        look: { loader, _ in
            var symptom = Symptom()
            func count(_ query: Query, _ table: String, _ words: String) throws {
                let count = try loader.connection.first(query) { $0.int(0) } ?? 0
                guard count > 0 else { return }
                symptom.count += count
                symptom.example = symptom.example ?? "\(count) rows of \(table) \(words)"
            }
            for stray in strays { try count(stray.count, stray.table, "belong to no job") }
            try count(countDeadEdges, "dependencies", "lead to jobs that are gone or have ended")
            return symptom
        },
        mend: { transaction in
            for stray in strays { try transaction.connection.run(stray.remove) }
            try transaction.connection.run(removeDeadEdges)
        })

    // MARK: Dead letters

    private static let lostGraves = Query(
        """
        SELECT jobs.id FROM jobs JOIN faults ON faults.seq = jobs.seq AND faults.version = jobs.fault_version
        WHERE jobs.state = 6 AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE dead_letters.seq = jobs.seq)
        """)
    private static let emptyGraves = Query(
        """
        SELECT jobs.id FROM dead_letters JOIN jobs ON jobs.seq = dead_letters.seq WHERE jobs.state <> 6
        """)
    private static let wrongGroups = Query(
        """
        SELECT fingerprint, queue, count FROM dead_letter_groups WHERE count <> (
            SELECT count(*) FROM dead_letters WHERE dead_letters.fingerprint = dead_letter_groups.fingerprint
            AND dead_letters.queue = dead_letter_groups.queue)
        """)
    private static let removeGraves = Query("DELETE FROM dead_letters")
    private static let removeGroups = Query("DELETE FROM dead_letter_groups")

    static let deadLetters = StoreCheck(
        name: "dead-letters",
        look: { loader, _ in
            var symptom = try found(lostGraves, in: loader) { row in
                "job \(JobID(bytes: row.blob(0))) has failed and is not among the dead letters"
            }
            let others = [
                try found(emptyGraves, in: loader) { row in
                    "job \(JobID(bytes: row.blob(0))) has not failed and is among the dead letters"
                },
                try found(wrongGroups, in: loader) { row in
                    "the group \(row.text(0)) of queue \(row.text(1)) counts \(row.int(2)) wrongly"
                },
            ]
            for other in others {
                symptom.count += other.count
                symptom.example = symptom.example ?? other.example
            }
            return symptom
        },
        mend: { transaction in
            try transaction.connection.run(removeGraves)
            try transaction.connection.run(removeGroups)
            try Migration.deadLetters.fill(transaction.connection)
        })
}
