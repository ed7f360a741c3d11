import LonghaulCore
import LonghaulStoreRules

/// Signs of life.
extension Transaction {
    private static let renew = Query(
        """
        UPDATE jobs SET lease_expires_at = ?2, progress_percent = ?3, progress_message = ?4 WHERE seq = ?1
        """)

    func heartbeat(_ heartbeat: Heartbeat) throws -> HeartbeatOutcome {
        try workers.note(heartbeatOf: heartbeat.workerID, in: self)
        var outcome = HeartbeatOutcome()
        for beat in heartbeat.beats {
            let row = try loader.row(beat.token.jobID)
            if let row, row.isHeld(by: beat.token, at: now) {
                let expiresAt = try renew(row, beat.progress)
                outcome.renewed.append(.init(token: beat.token, expiresAt: expiresAt))
            } else if let row, row.job.state == .cancelled, row.matches(beat.token) {
                outcome.cancelled.append(beat.token)
            } else {
                outcome.lost.append(beat.token)
            }
        }
        return outcome
    }

    private static let held = Query(
        "SELECT id, fence, secret FROM jobs INDEXED BY jobs_leased WHERE state = 3 AND worker_id = ?1")

    /// Forgets a worker; answers the leases that it still holds, nil if there is nothing of it.
    func forgetWorker(_ id: String) throws -> [LeaseToken]? {
        let isKnown = try workers.forget(id, in: self)
        let held = try connection.all(Self.held, .text(id)) { row in
            LeaseToken(
                jobID: JobID(bytes: row.blob(0)), fence: row.int(1),
                secret: UInt64(bitPattern: row.int64(2)))
        }
        return isKnown || !held.isEmpty ? held : nil
    }

    private func renew(_ row: JobRow, _ progress: Progress?) throws -> Timestamp {
        let expiresAt = Timestamp(milliseconds: now.milliseconds + row.leaseMilliseconds)
        let latest = progress ?? row.job.progress
        try connection.run(
            Self.renew, .integer(row.seq), .time(expiresAt), .real(latest?.percent), .text(latest?.message))
        if let progress, progress != row.job.progress {
            var change = JobChange(row, previous: row.job.state, at: now)
            change.progress = progress
            tell(change)
        }
        return expiresAt
    }
}
