import LonghaulCore
import LonghaulJSON

/// Storing new jobs.
extension Transaction {
    /// What one call's submissions share.
    struct SubmissionScope {
        /// Whether the queues' bounds hold for it.
        var isBounded = true
        /// The job that already stood for a submission, by the identifier that the submission brought.
        var aliases: [JobID: JobID] = [:]
    }

    func submit(_ submissions: [Submission], allOrNothing: Bool) -> [SubmitOutcome] {
        var scope = SubmissionScope()
        guard allOrNothing, submissions.count > 1 else {
            return submissions.map { submit($0, &scope) }
        }
        var outcomes: [SubmitOutcome] = []
        do throws(LonghaulError) {
            return try undoable { () throws(LonghaulError) in
                for submission in submissions {
                    let outcome = submit(submission, &scope)
                    if case .refused(let error) = outcome { throw error }
                    outcomes.append(outcome)
                }
                return outcomes
            }
        } catch {
            let refused = outcomes.count
            let others = LonghaulError(.conflict, "entry \(refused) of the same call was refused")
            return submissions.indices.map { .refused($0 == refused ? error : others) }
        }
    }

    /// Stores one submission. Nothing is written before it is certain that it is not refused.
    func submit(_ submission: Submission, _ scope: inout SubmissionScope) -> SubmitOutcome {
        var submission = submission
        do throws(LonghaulError) {
            if let existing = try recognised(submission.keys) {
                scope.aliases[submission.id] = existing.id
                return .existing(existing)
            }
            submission.dependsOn = submission.dependsOn.map { scope.aliases[$0] ?? $0 }
            return .created(try create(submission, isBounded: scope.isBounded))
        } catch {
            return .refused(error)
        }
    }

    private func create(_ submission: Submission, isBounded: Bool) throws(LonghaulError) -> Job {
        let standing = try standing(of: submission.dependsOn, policy: submission.spec.onDependencyFailure)
        let runAt = max(submission.runAt ?? now, now)
        let state = standing.state ?? (runAt > now ? .scheduled : .pending)
        if isBounded { try checkRoom(for: state, in: submission.spec.queue) }
        if row(submission.id) != nil {
            throw LonghaulError(.conflict, "there is a job \(submission.id) already")
        }
        var job = Job(
            id: submission.id, spec: submission.spec, state: state, caller: submission.caller, createdAt: now,
            runAt: runAt)
        job.dependsOn = submission.dependsOn
        job.parentID = submission.parentID
        var row = StoredJob(job: job)
        row.waitsFor = standing.open
        insert(&row, fault: standing.fault)
        for key in submission.keys { keep(key, of: job.id) }
        return row.whole
    }

    /// Writes a new row, counts it, and tells of it.
    private func insert(_ row: inout StoredJob, fault: JobError?) {
        if let fault { keep(fault, of: &row, endedFence: nil) }
        if row.job.state.isFinal { end(&row) }
        keepDeadLetters(&row, from: nil, fault: fault)
        var change = JobChange(row.job, previous: nil, at: now)
        change.error = fault
        row.history.append(change)
        put(row)
        count(row.job.spec.queue, from: nil, to: row.job.state)
        tell(change)
    }

    private func checkRoom(for state: JobState, in name: String) throws(LonghaulError) {
        let queue = tables.queues[name] ?? Tables.Queue()
        if state == .pending, let bound = queue.settings.maxDepth, queue[.pending] >= bound {
            throw LonghaulError(
                .systemBusy, "the queue \(name) is full: \(queue[.pending]) jobs are pending")
        }
        if state.isWaiting, let bound = queue.settings.maxWaiting, queue.waiting >= bound {
            throw LonghaulError(
                .systemBusy,
                "the queue \(name) is full: \(queue.waiting) jobs are scheduled, blocked or retrying")
        }
    }

    // MARK: Keys

    /// The job that one of these keys stands for already; nil if none is live.
    ///
    /// - Throws: `idempotency_key_reused` if a live one stands for another request.
    private func recognised(_ keys: [SubmissionKey]) throws(LonghaulError) -> Job? {
        var found: Job?
        for key in keys {
            guard let stored = tables.keys[key.digest], let row = row(stored.jobID) else { continue }
            guard stored.expiresAt.map({ now < $0 }) ?? !row.job.state.isFinal else { continue }
            if let old = stored.fingerprint, let new = key.fingerprint, old != new {
                throw LonghaulError(
                    .idempotencyKeyReused,
                    "the idempotency key stands for another request, that of job \(row.job.id)")
            }
            if found == nil { found = row.whole }
        }
        return found
    }

    /// Keeps a key of a new job, in place of one that is no longer live.
    private func keep(_ key: SubmissionKey, of id: JobID) {
        let expiresAt: Timestamp? =
            switch key.lifetime {
            case .until(let moment): moment
            case .whileActive: nil
            }
        tables.keys[key.digest] = Tables.Key(jobID: id, fingerprint: key.fingerprint, expiresAt: expiresAt)
    }
}
