import LonghaulCore

/// Submission keys, which detect repeated submissions.
extension StoreTransaction {
    /// The job of one of these keys; nil if none is live.
    ///
    /// - Throws: `idempotency_key_reused` if a live key belongs to another request.
    func existingJob(for keys: [SubmissionKey]) throws -> Job? {
        var found: JobRow?
        try prefetch(keys: keys)
        for key in keys {
            guard let (stored, row) = try live(key) else { continue }
            if let old = stored.fingerprint, let new = key.fingerprint, old != new {
                throw LonghaulError(
                    .idempotencyKeyReused,
                    "the idempotency key was used for another request, that of job \(row.job.id)")
            }
            if found == nil { found = row }
        }
        guard let found else { return nil }
        // A new idempotency key of the request also belongs to the job from now on, even after the key that matched
        // has expired.
        for key in keys where key.fingerprint != nil {
            if try live(key) == nil { try recordKey(key, of: found) }
        }
        return try job(found)
    }

    /// The stored key and its job; nil unless the key is live.
    private func live(_ key: SubmissionKey) throws -> (stored: StoredKey, row: JobRow)? {
        guard let stored = try storedKey(key), let row = try row(stored.jobID),
            stored.expiresAt.map({ now < $0 }) ?? !row.job.state.isFinal
        else { return nil }
        return (stored, row)
    }

    /// The shortest retention of a job over the states in which it can end, in seconds; an hour if that is longer.
    private func lifetimeWithinRetention(of row: JobRow) -> Double {
        let kept = JobState.allCases.filter(\.isFinal).map {
            retention.seconds(after: $0, wish: row.job.spec.retentionSeconds)
        }
        return max(3600, kept.min() ?? 0)
    }

    /// Stores a key of a job, in place of one that is no longer live.
    func recordKey(_ key: SubmissionKey, of row: JobRow) throws {
        let expiresAt: Timestamp? =
            switch key.lifetime {
            case .until(let moment): moment
            case .whileActive: nil
            case .withinRetention(let moment):
                min(moment, now.adding(seconds: lifetimeWithinRetention(of: row)))
            }
        let stored = StoredKey(jobID: row.job.id, fingerprint: key.fingerprint, expiresAt: expiresAt)
        try upsert(stored, for: key, of: row)
    }
}
