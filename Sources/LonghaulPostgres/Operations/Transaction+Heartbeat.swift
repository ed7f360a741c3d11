import LonghaulCore
import LonghaulStoreRules

/// Signs of life.
extension Transaction {
    func heartbeat(_ heartbeat: Heartbeat) throws -> HeartbeatOutcome {
        workers.note(heartbeatOf: heartbeat.workerID, in: self)
        var outcome = HeartbeatOutcome()
        try fetch(heartbeat.beats.map(\.token.jobID))
        for beat in heartbeat.beats {
            let row = try row(beat.token.jobID)
            if let row, row.isHeld(by: beat.token, at: now) {
                outcome.renewed.append(.init(token: beat.token, expiresAt: renew(row, beat.progress)))
            } else if let row, row.job.state == .cancelled, row.matches(beat.token) {
                outcome.cancelled.append(beat.token)
            } else {
                outcome.lost.append(beat.token)
            }
        }
        return outcome
    }

    private func renew(_ row: JobRow, _ progress: Progress?) -> Timestamp {
        let expiresAt = Timestamp(milliseconds: now.milliseconds + row.leaseMilliseconds)
        var renewed = row
        renewed.leaseExpiresAt = expiresAt
        renewed.job.progress = progress ?? row.job.progress
        save(renewed)
        if let progress, progress != row.job.progress {
            var change = JobChange(row, previous: row.job.state, at: now)
            change.progress = progress
            tell(change)
        }
        return expiresAt
    }
}
