import LonghaulCore
import LonghaulStoreRules

/// The keys by which two submissions are known to be the same job.
extension Transaction {
    private struct StoredKey {
        var jobID: JobID
        var fingerprint: [UInt8]?
        var expiresAt: Timestamp?
    }

    private static let find = Query(
        "SELECT job_id, fingerprint, expires_at FROM submission_keys WHERE digest = ?1")
    private static let replace = Query(
        """
        INSERT OR REPLACE INTO submission_keys (digest, seq, job_id, fingerprint, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """)

    /// The job that one of these keys stands for already; nil if none is live.
    ///
    /// - Throws: `idempotency_key_reused` if a live one stands for another request.
    func recognised(_ keys: [SubmissionKey]) throws -> Job? {
        var found: JobRow?
        for key in keys {
            guard let stored = try stored(key), let job = try loader.row(stored.jobID) else { continue }
            guard isLive(stored, of: job) else { continue }
            if let old = stored.fingerprint, let new = key.fingerprint, old != new {
                throw LonghaulError(
                    .idempotencyKeyReused,
                    "the idempotency key stands for another request, that of job \(job.job.id)")
            }
            if found == nil { found = job }
        }
        guard let found else { return nil }
        // An idempotency key that came along stands for the job from now on, whatever becomes of the rule that
        // recognised it.
        for key in keys where key.fingerprint != nil {
            if try !isLive(key) { try keep(key, of: found) }
        }
        return try loader.family(of: found)
    }

    private func isLive(_ key: SubmissionKey) throws -> Bool {
        guard let stored = try stored(key), let job = try loader.row(stored.jobID) else { return false }
        return isLive(stored, of: job)
    }

    private func isLive(_ stored: StoredKey, of row: JobRow) -> Bool {
        stored.expiresAt.map { now < $0 } ?? !row.job.state.isFinal
    }

    private func stored(_ key: SubmissionKey) throws -> StoredKey? {
        try connection.first(Self.find, .blob(key.digest)) { row in
            StoredKey(
                jobID: JobID(bytes: row.blob(0)), fingerprint: row.optionalBlob(1),
                expiresAt: row.optionalTime(2))
        }
    }

    /// Keeps a key of a new job, in place of one that is no longer live.
    func keep(_ key: SubmissionKey, of row: JobRow) throws {
        let expiresAt: Timestamp? =
            switch key.lifetime {
            case .until(let moment): moment
            case .whileActive: nil
            }
        try connection.run(
            Self.replace, .blob(key.digest), .integer(row.seq), .blob(row.job.id.bytes),
            .blob(key.fingerprint), .time(expiresAt))
    }
}
