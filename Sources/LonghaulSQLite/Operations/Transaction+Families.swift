import LonghaulCore
import LonghaulJSON
import LonghaulStoreRules

/// What belongs to rows, and the jobs around them.
extension Transaction {
    /// The dead letters' own tables.
    var graves: Graveyard { Graveyard(connection: connection) }

    func faults(of row: JobRow) throws -> [FaultRow] {
        try loader.faults(at: row.seq)
    }

    func fingerprint(of row: JobRow) throws -> String? {
        try graves.fingerprint(of: row.seq)
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

    private static let childrenOf = Query(
        "SELECT id FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?1 ORDER BY seq")

    func children(of id: JobID) throws -> [JobID] {
        try connection.all(Self.childrenOf, .blob(id.bytes)) { JobID(bytes: $0.blob(0)) }
    }

    private static let markAwaited = Query("UPDATE jobs SET is_awaited = 1 WHERE seq = ?1")
    private static let insertEdge = Query("INSERT OR IGNORE INTO dependencies (on_seq, seq) VALUES (?1, ?2)")
    private static let waiting = Query("SELECT seq FROM dependencies WHERE on_seq = ?1 ORDER BY seq")
    private static let removeEdges = Query("DELETE FROM dependencies WHERE on_seq = ?1")

    func addDependency(of row: JobRow, on other: JobRow) throws {
        try connection.run(Self.insertEdge, .integer(other.seq), .integer(row.seq))
        try connection.run(Self.markAwaited, .integer(other.seq))
    }

    func forgetDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        let seqs = try connection.all(Self.waiting, .integer(row.seq)) { $0.int64(0) }
        try connection.run(Self.removeEdges, .integer(row.seq))
        for seq in seqs {
            guard var dependent = try loader.row(at: seq) else { continue }
            try body(&dependent)
        }
    }
}
