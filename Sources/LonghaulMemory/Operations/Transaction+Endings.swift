import LonghaulCore

/// Signs of life, and the ends of attempts.
extension Transaction {
    /// The row of the job that a token holds.
    ///
    /// - Throws: `lease_lost` unless its lease is the job's present one.
    func held(by token: LeaseToken) throws(LonghaulError) -> StoredJob {
        guard let row = row(token.jobID), isHeld(row, by: token) else { throw LonghaulError.leaseLost }
        return row
    }

    private func isHeld(_ row: StoredJob, by token: LeaseToken) -> Bool {
        switch (flaw, row.job.state) {
        case (.noFence, .processing): true
        case (.openCancel, .cancelled): row.matches(token)
        default: row.isHeld(by: token, at: now)
        }
    }

    func heartbeat(_ heartbeat: Heartbeat) -> HeartbeatOutcome {
        tables.workers[heartbeat.workerID]?.lastSeenAt = now
        var outcome = HeartbeatOutcome()
        for beat in heartbeat.beats {
            let row = row(beat.token.jobID)
            if let row, isHeld(row, by: beat.token) || isUndead(row, beat.token) {
                outcome.renewed.append(.init(token: beat.token, expiresAt: renew(row, beat.progress)))
            } else if let row, row.job.state == .cancelled, row.matches(beat.token) {
                outcome.cancelled.append(beat.token)
            } else {
                outcome.lost.append(beat.token)
            }
        }
        return outcome
    }

    private func isUndead(_ row: StoredJob, _ token: LeaseToken) -> Bool {
        flaw == .undeadHeartbeat && row.matches(token) && !row.job.state.isFinal
    }

    private func renew(_ row: StoredJob, _ progress: Progress?) -> Timestamp {
        var row = row
        let expiresAt = Timestamp(milliseconds: now.milliseconds + row.leaseMilliseconds)
        row.leaseExpiresAt = expiresAt
        if let progress, progress != row.job.progress {
            row.job.progress = progress
            var change = JobChange(row.job, previous: row.job.state, at: now)
            change.progress = progress
            tell(change)
        }
        put(row)
        return expiresAt
    }

    func complete(_ completion: StoreCompletion) throws(LonghaulError) -> Job {
        guard var row = row(completion.token.jobID) else { throw LonghaulError.leaseLost }
        guard isHeld(row, by: completion.token) else {
            let isRepeat =
                row.job.state == .completed && row.matches(completion.token)
                && row.job.result == completion.result
            guard isRepeat else { throw LonghaulError.leaseLost }
            return row.whole
        }
        return try undoable { () throws(LonghaulError) in
            row.job.result = completion.result
            move(&row, to: .completed)
            settleDependents(of: row)
            var scope = SubmissionScope(isBounded: false, parents: [completion.token.jobID])
            for submission in completion.next {
                if case .refused(let error) = submit(submission, &scope) { throw error }
            }
            return row.whole
        }
    }

    func fail(_ failure: Failure) throws(LonghaulError) -> Job {
        var row = try held(by: failure.token)
        fail(&row, failure.error, retryInSeconds: failure.retryInSeconds)
        return row.whole
    }

    /// Ends a leased job's attempt with a fault: it is tried again later, or goes to the dead letters.
    func fail(_ row: inout StoredJob, _ error: JobError, retryInSeconds: Double? = nil) {
        let decision = FailureRule.decide(
            spec: row.job.spec, attempt: row.job.attempt, error: error, retryInSeconds: retryInSeconds,
            random: random)
        switch decision {
        case .retry(let seconds):
            row.job.runAt = now.adding(seconds: max(0, seconds))
            move(&row, to: .retrying, fault: error)
        case .deadLetter:
            move(&row, to: .failed, fault: error)
            if flaw != .forgottenDependents || error != .leaseExpired { settleDependents(of: row) }
        }
    }

    func release(_ token: LeaseToken) throws(LonghaulError) -> Job {
        var row = try held(by: token)
        let earlier = row.faults.last { $0.fence > row.fenceBase }
        row.job.attempt -= 1
        row.job.runAt = now
        row.job.worker = earlier?.worker
        row.job.startedAt = earlier?.startedAt
        row.job.progress = nil
        move(&row, to: .pending)
        return row.whole
    }
}
