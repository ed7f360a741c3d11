import LonghaulCore
import LonghaulStore

/// The keys of submissions.
extension Transaction {
    private static let find = Query(
        "SELECT job_id, fingerprint, expires_at FROM submission_keys WHERE digest = ?1")
    private static let replace = Query(
        """
        INSERT OR REPLACE INTO submission_keys (digest, seq, job_id, fingerprint, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """)

    /// Does nothing: a key is read when it is needed.
    func prefetch(keys: [SubmissionKey]) {}

    func storedKey(_ key: SubmissionKey) throws -> StoredKey? {
        try connection.first(Self.find, .blob(key.digest)) { row in
            StoredKey(
                jobID: JobID(bytes: row.blob(0)), fingerprint: row.optionalBlob(1),
                expiresAt: row.optionalTime(2))
        }
    }

    func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws {
        try connection.run(
            Self.replace, .blob(key.digest), .integer(row.seq), .blob(stored.jobID.bytes),
            .blob(stored.fingerprint), .time(stored.expiresAt))
    }
}
