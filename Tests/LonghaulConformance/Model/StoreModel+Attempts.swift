import LonghaulCore
import LonghaulJSON

/// Running attempts in the model: heartbeats, ends and checkpoints.
extension StoreModel {
    /// Whether a token is that of a current lease.
    func isHeld(_ token: LeaseToken) -> Bool {
        guard let lease = jobs[token.jobID]?.lease else { return false }
        return lease.token == token && now <= lease.expiresAt
    }

    /// The leases that a worker holds, by job.
    func held(by worker: String) -> Set<LeaseToken> {
        Set(jobs.values.lazy.filter { $0.workerID == worker }.compactMap(\.lease?.token))
    }

    /// Follows a heartbeat.
    mutating func heartbeat(_ heartbeat: Heartbeat, _ outcome: HeartbeatOutcome) {
        var expected = HeartbeatOutcome()
        for beat in heartbeat.beats {
            if isHeld(beat.token), let seconds = jobs[beat.token.jobID]?.lease?.seconds {
                let end = now.adding(seconds: seconds)
                jobs[beat.token.jobID]?.lease?.expiresAt = end
                if let progress = beat.progress { setProgress(progress, of: beat.token.jobID) }
                expected.renewed.append(.init(token: beat.token, expiresAt: end))
            } else if let job = jobs[beat.token.jobID], job.state == .cancelled, job.latestToken == beat.token
            {
                expected.cancelled.append(beat.token)
            } else {
                expected.lost.append(beat.token)
            }
        }
        expect(outcome == expected, "a heartbeat was answered with \(outcome), not \(expected)")
    }

    /// Follows a completion.
    mutating func complete(_ completion: StoreCompletion, _ answer: Result<Job, LonghaulError>) {
        let id = completion.token.jobID
        guard isHeld(completion.token) else {
            let job = jobs[id]
            let isRepeat =
                job?.state == .completed && job?.latestToken == completion.token
                && job?.result == completion.result
            return compare(answer, isRepeat ? nil : [.leaseLost], "the completion of \(id)")
        }
        var codes: Set<LonghaulError.Code>?
        attempt { model in
            model.move(id, to: .completed) { job in
                job.result = completion.result
                job.progress = completion.progress ?? job.progress
            }
            var call = Call(isBounded: false, parents: [id])
            for entry in completion.next {
                guard case .rejected(let error) = model.submit(entry, &call) else { continue }
                codes = error
                return false
            }
            return true
        }
        compare(answer, codes, "the completion of \(id)")
    }

    /// Follows a failure.
    mutating func fail(_ failure: Failure, _ answer: Result<Job, LonghaulError>) {
        let id = failure.token.jobID
        let isHeld = isHeld(failure.token)
        if isHeld { endAttempt(of: id, failure.error, retryInSeconds: failure.retryInSeconds) }
        compare(answer, isHeld ? nil : [.leaseLost], "the failure of \(id)")
    }

    /// Ends an attempt with an error: the job is retried while it has attempts left.
    mutating func endAttempt(of id: JobID, _ error: JobError, retryInSeconds: Double? = nil) {
        guard let job = jobs[id] else { return report("the attempt of \(id) ended, but it does not exist") }
        guard error.retryable, job.attempt < job.spec.maxAttempts else {
            return move(id, to: .failed, errorType: error.type)
        }
        let backoff = job.spec.backoff
        var delay = backoff.initialSeconds
        for _ in 1..<max(1, job.attempt) where backoff.growth == .exponential { delay *= backoff.factor }
        delay = min(delay, backoff.maxSeconds)
        let shortest = retryInSeconds ?? delay * (1 - backoff.jitter)
        let longest = retryInSeconds ?? delay * (1 + backoff.jitter)
        let range = now.adding(seconds: shortest)...now.adding(seconds: longest)
        move(id, to: .retrying, errorType: error.type) { $0.runAt = range }
    }

    /// Follows a release.
    mutating func release(_ token: LeaseToken, _ answer: Result<Job, LonghaulError>) {
        let isHeld = isHeld(token)
        if isHeld { release(token.jobID) }
        compare(answer, isHeld ? nil : [.leaseLost], "the release of \(token.jobID)")
    }

    private mutating func release(_ id: JobID) {
        move(id, to: .pending) { [now] job in
            job.attempt -= 1
            job.runAt = now...now
            job.progress = nil
            job.workerID = job.endedAttempts.last?.workerID
            job.startedAt = job.endedAttempts.last?.startedAt
        }
    }

    /// Follows a checkpoint.
    mutating func putStep(
        _ token: LeaseToken, name: String, output: JSONText, _ answer: Result<JSONText, LonghaulError>
    ) {
        let isHeld = isHeld(token)
        if isHeld, jobs[token.jobID]?.steps[name] == nil { jobs[token.jobID]?.steps[name] = output }
        compare(answer, isHeld ? nil : [.leaseLost], "the checkpoint of \(token.jobID)")
        guard case .success(let stored) = answer else { return }
        expect(stored == jobs[token.jobID]?.steps[name], "a checkpoint of \(token.jobID) was replaced")
    }

    /// Compares an answer: an error with one of these codes, or success.
    mutating func compare<Value>(
        _ answer: Result<Value, LonghaulError>, _ codes: Set<LonghaulError.Code>?, _ call: String
    ) {
        switch (answer, codes) {
        case (.success, nil): break
        case (.success, let codes?): report("\(call) succeeded, but must fail with one of \(codes)")
        case (.failure(let error), nil): report("\(call) failed with \(error), but must succeed")
        case (.failure(let error), let codes?):
            expect(codes.contains(error.code), "\(call) failed with \(error.code), not one of \(codes)")
        }
    }
}
