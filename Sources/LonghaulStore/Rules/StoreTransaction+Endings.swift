package import LonghaulCore

/// Completion, failure and release of attempts.
extension StoreTransaction {
    /// The row of the job that a token holds.
    ///
    /// - Throws: `lease_lost` unless its lease is the job's current one.
    package func held(by token: LeaseToken) throws -> JobRow {
        guard let row = try row(token.jobID), row.isHeld(by: token, at: leaseClock) else {
            throw LonghaulError.leaseLost
        }
        return row
    }

    /// Ends an attempt with success, and stores the jobs that come next.
    package func complete(_ completion: StoreCompletion) throws -> Job {
        guard var row = try row(completion.token.jobID) else { throw LonghaulError.leaseLost }
        guard row.isHeld(by: completion.token, at: leaseClock) else {
            let isRepeat =
                row.job.state == .completed && row.matches(completion.token)
                && row.job.result == completion.result
            guard isRepeat else { throw LonghaulError.leaseLost }
            return try job(row)
        }
        guard !completion.next.isEmpty else { return try complete(&row, completion) }
        return try savepoint {
            let job = try complete(&row, completion)
            var scope = SubmissionScope(
                isBounded: false, keepsCreated: true, parents: [completion.token.jobID])
            for submission in completion.next {
                if case .refused(let error) = try submit(submission, &scope) { throw error }
            }
            return job
        }
    }

    private func complete(_ row: inout JobRow, _ completion: StoreCompletion) throws -> Job {
        row.job.result = completion.result
        row.job.progress = completion.progress ?? row.job.progress
        if row.job.isCancelling {
            row.job.result = nil
            try move(&row, to: .cancelled, fault: .cancelled)
        } else {
            try move(&row, to: .completed)
        }
        try updateDependents(of: row)
        return try job(row)
    }

    /// Ends an attempt with an error.
    package func fail(_ failure: Failure) throws -> Job {
        var row = try held(by: failure.token)
        try fail(&row, failure.error, retryInSeconds: failure.retryInSeconds)
        return try job(row)
    }

    /// Ends the attempt of a leased job with an error: the job is retried later, or becomes a dead letter.
    package func fail(_ row: inout JobRow, _ error: JobError, retryInSeconds: Double? = nil) throws {
        let decision = FailureRule.decide(
            spec: row.job.spec, attempt: row.job.attempt, error: error, retryInSeconds: retryInSeconds,
            random: random)
        switch decision {
        case .retry(let seconds):
            row.job.runAt = now.adding(seconds: max(0, seconds))
            try move(&row, to: .retrying, fault: error)
        case .deadLetter:
            try move(&row, to: .failed, fault: error)
            try updateDependents(of: row)
        }
    }

    /// Releases a leased job. The attempt does not count.
    package func release(_ token: LeaseToken) throws -> Job {
        var row = try held(by: token)
        try release(&row)
        return try job(row)
    }

    /// Ends the attempt of a leased job as if it had not begun, and changes the state of the job.
    func release(_ row: inout JobRow, to state: JobState = .pending, fault: JobError? = nil) throws {
        let earlier = try row.faultVersion > 0 ? faults(of: row).last { $0.fence > row.fenceBase } : nil
        row.job.attempt -= 1
        row.job.runAt = now
        row.job.worker = earlier?.worker
        row.job.startedAt = earlier?.startedAt
        row.job.progress = nil
        try move(&row, to: state, fault: fault)
    }
}
