package import LonghaulCore
import LonghaulJSON
package import LonghaulStore

/// Everything that is kept of jobs and state machines, read to be moved to another store.
extension SQLiteDriver {
    /// The jobs behind a place, with all that belongs to them, and the place of the last of them; nil at the
    /// end.
    package func movedJobs(
        after place: Int64, limit: Int
    ) async throws -> (jobs: [MovedJob], place: Int64?) {
        try await read { (loader: JobLoader) in
            let seqs = try loader.seqs(after: place, limit: limit)
            return (try seqs.compactMap { try loader.movedJob(at: $0) }, seqs.last)
        }
    }

    /// The first records of state machines and their executions after a key; empty at the end.
    package func movedRecords(after key: RecordKey?, limit: Int) async throws -> [KeyedRecord] {
        try await read { (loader: JobLoader) in
            try loader.movedRecords(after: key ?? RecordKey(.machine, ""), limit: limit)
        }
    }
}

extension JobLoader {
    private static let behind = Query("SELECT seq FROM jobs WHERE seq > ?1 ORDER BY seq LIMIT ?2")
    private static let keys = Query(
        "SELECT digest, fingerprint, expires_at FROM submission_keys WHERE seq = ?1")
    private static let waiting = Query(
        """
        SELECT j.id, d.is_resolved FROM dependencies d JOIN jobs j ON j.seq = d.seq WHERE d.on_seq = ?1
        ORDER BY j.seq
        """)
    private static let files = Query(
        "SELECT \(Artifact.columnNames) FROM artifacts WHERE seq = ?1")

    private static let records = Query(
        """
        SELECT \(KeyedRecord.columnNames) FROM records WHERE (space, job, name) > (?1, ?2, ?3)
        ORDER BY space, job, name LIMIT ?4
        """)

    fileprivate func movedRecords(after key: RecordKey, limit: Int) throws -> [KeyedRecord] {
        try connection.all(
            Self.records, .int(key.space.rawValue), .id(key.storedJobID), .text(key.name), .int(limit),
            read: KeyedRecord.init)
    }

    fileprivate func seqs(after place: Int64, limit: Int) throws -> [Int64] {
        try connection.all(Self.behind, .integer(place), .int(limit)) { $0.int64(0) }
    }

    fileprivate func movedJob(at seq: Int64) throws -> MovedJob? {
        guard let row = try row(at: seq) else { return nil }
        var stored = row
        stored.job = try job(row)
        // What is listed apart.
        stored.job.error = nil
        stored.job.attempts = []
        stored.job.artifacts = []
        var moved = MovedJob(row: stored)
        moved.faults = try faults(at: seq)
        try addAttachments(to: &moved, at: seq)
        return moved
    }

    private func addAttachments(to moved: inout MovedJob, at seq: Int64) throws {
        let id = moved.row.job.id
        for (digest, key) in try connection.all(
            Self.keys, .integer(seq),
            read: {
                (
                    $0.blob(0),
                    StoredKey(jobID: id, fingerprint: $0.optionalBlob(1), expiresAt: $0.optionalTime(2))
                )
            })
        {
            moved.keys[digest] = key
        }
        for (dependent, isResolved) in try connection.all(
            Self.waiting, .integer(seq), read: { (JobID(bytes: $0.blob(0)), $0.int(1) != 0) })
        {
            if isResolved { moved.resolved.append(dependent) } else { moved.waiting.append(dependent) }
        }
        moved.lines = try logs(moved.row.job.id, after: 0, limit: .max) ?? []
        moved.operations = try operations(of: moved.row, after: 0, limit: .max, maxBytes: .max)
        moved.signals = try signals(of: moved.row)
        moved.deliveries = try movedDeliveries(of: id)
        moved.artifacts = try connection.all(Self.files, .integer(seq), read: Artifact.init)
    }
}
