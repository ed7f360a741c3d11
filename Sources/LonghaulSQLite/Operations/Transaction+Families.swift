import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Data of rows in other tables, and the jobs around them.
extension Transaction {
    /// The tables of dead letters.
    var deadLetters: DeadLetterTable { DeadLetterTable(connection: connection) }

    func faults(of row: JobRow) throws -> [FaultRow] {
        try loader.faults(at: row.seq)
    }

    func fingerprint(of row: JobRow) throws -> String? {
        try deadLetters.fingerprint(of: row.seq)
    }

    func job(_ row: JobRow) throws -> Job {
        try loader.job(row)
    }

    func family(of row: JobRow) throws -> Job {
        try loader.family(of: row)
    }

    func collected(from ids: [JobID]) throws -> JSONText {
        try loader.collected(from: ids)
    }

    private static let unended = Query(
        """
        SELECT id FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?1
        AND state NOT IN (5, 6, 7) ORDER BY seq LIMIT ?2
        """)
    private static let parents = Query(
        """
        SELECT id FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?1 AND is_parent = 1
        ORDER BY seq
        """)

    func unendedChildren(of id: JobID, limit: Int) throws -> [JobID] {
        try connection.all(Self.unended, .blob(id.bytes), .int(limit)) { JobID(bytes: $0.blob(0)) }
    }

    func parentsAmongChildren(of id: JobID) throws -> [JobID] {
        try connection.all(Self.parents, .blob(id.bytes)) { JobID(bytes: $0.blob(0)) }
    }

    private static let markAwaited = Query("UPDATE jobs SET is_awaited = 1 WHERE seq = ?1")
    private static let insertEdge = Query(
        """
        INSERT INTO dependencies (on_seq, seq, is_resolved) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET is_resolved = excluded.is_resolved
        """)
    private static let waiting = Query(
        "SELECT seq FROM dependencies WHERE on_seq = ?1 AND is_resolved = 0 ORDER BY seq")
    private static let resolveEdges = Query(
        "UPDATE dependencies SET is_resolved = 1 WHERE on_seq = ?1 AND is_resolved = 0")
    private static let removeDependents = Query("DELETE FROM dependencies WHERE on_seq = ?1")
    private static let removeEdge = Query(
        """
        DELETE FROM dependencies WHERE seq = ?1
        AND on_seq = (SELECT seq FROM jobs WHERE seq BETWEEN ?2 AND ?3 AND id = ?4)
        """)

    func addDependency(of row: JobRow, on other: JobRow) throws {
        try connection.run(Self.insertEdge, .integer(other.seq), .integer(row.seq), .bool(false))
        if !other.isAwaited { try connection.run(Self.markAwaited, .integer(other.seq)) }
    }

    func addResolvedDependency(of row: JobRow, on other: JobRow) throws {
        try connection.run(Self.insertEdge, .integer(other.seq), .integer(row.seq), .bool(true))
    }

    /// Deletes the edges from and to a job. The rows of the job and of its dependencies must still exist.
    func removeEdges(of row: JobRow) throws {
        try connection.run(Self.removeDependents, .integer(row.seq))
        for id in Set(row.job.dependsOn) {
            try connection.run(
                Self.removeEdge, .integer(row.seq), .integer(JobSequence.base(of: id)),
                .integer(JobSequence.last(of: id)), .blob(id.bytes))
        }
    }

    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        let seqs = try connection.all(Self.waiting, .integer(row.seq)) { $0.int64(0) }
        try connection.run(Self.resolveEdges, .integer(row.seq))
        for seq in seqs {
            guard var dependent = try loader.row(at: seq) else { continue }
            try body(&dependent)
        }
    }
}
