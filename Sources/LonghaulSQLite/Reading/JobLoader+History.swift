import LonghaulCore
import LonghaulStore

/// The history of a job.
extension JobLoader {
    private static let lines = Query(
        """
        SELECT \(StoredLogLine.columnNames) FROM logs WHERE seq = ?1 AND number > ?2
        ORDER BY number LIMIT ?3
        """)

    /// The changes after a version, as they were published.
    func history(_ id: JobID, afterVersion version: Int) throws -> [JobChange]? {
        guard let row = try row(id) else { return nil }
        return try row.history.changes(of: row.job, afterVersion: version, faults: try faults(at: row.seq))
    }

    /// A job's log lines after a number.
    func logs(_ id: JobID, after number: Int64, limit: Int) throws -> [StoredLogLine]? {
        guard let row = try row(id) else { return nil }
        return try connection.all(
            Self.lines, .integer(row.seq), .integer(number), .int(limit), read: StoredLogLine.init)
    }

    func held(by token: LeaseToken) throws -> JobRow {
        guard let row = try row(token.jobID), row.isHeld(by: token, at: server.leases.clock) else {
            throw LonghaulError.leaseLost
        }
        return row
    }

    private static let heldByWorker = Query(
        "SELECT id, fence, secret FROM jobs INDEXED BY jobs_leased WHERE state = 3 AND worker_id = ?1")

    func held(by worker: String) throws -> [LeaseToken] {
        try connection.all(Self.heldByWorker, .text(worker)) { row in
            LeaseToken(
                jobID: JobID(bytes: row.blob(0)), fence: row.int(1),
                secret: UInt64(bitPattern: row.int64(2)))
        }
    }

    private static let artifactUsage = Query(
        """
        SELECT count(*), coalesce(sum(size_bytes), 0) FROM artifacts
        WHERE seq = ?1 AND fence = ?2 AND name <> ?3
        """)

    /// The artifacts of a job's present attempt besides the one of this name.
    func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage {
        try connection.first(Self.artifactUsage, .integer(row.seq), .int(row.fence), .text(name)) {
            AttachmentUsage(count: $0.int(0), bytes: $0.int64(1))
        } ?? AttachmentUsage()
    }

    private static let names = Query("SELECT name FROM artifacts WHERE seq = ?1 AND fence = ?2")

    func artifactOwners(_ attempts: [ArtifactFolder]) throws -> [ArtifactFolder: ArtifactOwner] {
        var owners: [ArtifactFolder: ArtifactOwner] = [:]
        for attempt in attempts {
            guard let row = try row(attempt.jobID) else { continue }
            owners[attempt] = try row.owner(of: attempt) {
                Set(try connection.all(Self.names, .integer(row.seq), .int(row.fence)) { $0.text(0) })
            }
        }
        return owners
    }
}
