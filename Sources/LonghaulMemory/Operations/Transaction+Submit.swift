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
        /// The parents that are no others' business: entries of the same call, or the job that completes.
        var parents: Set<JobID> = []
    }

    func submit(_ submissions: [Submission], allOrNothing: Bool) -> [SubmitOutcome] {
        var scope = SubmissionScope()
        scope.parents = Set(submissions.compactMap(\.parentID)).intersection(submissions.map(\.id))
        if let replay = replay(submissions, parents: scope.parents) { return replay }
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

    /// The answers to a call whose parent a key recognises: its children are those of the first time, the jobs
    /// that the parent waited for. Nil if there is no such parent.
    private func replay(_ submissions: [Submission], parents: Set<JobID>) -> [SubmitOutcome]? {
        guard let parent = submissions.last(where: { parents.contains($0.id) }) else { return nil }
        let existing: Job
        do throws(LonghaulError) {
            guard let recognised = try recognised(parent) else { return nil }
            existing = recognised
        } catch {
            let others = LonghaulError(.conflict, "the parent of the same call was refused")
            return submissions.map { .refused($0.id == parent.id ? error : others) }
        }
        let first = Dictionary(
            zip(parent.dependsOn, existing.dependsOn), uniquingKeysWith: { first, _ in first })
        return submissions.map { submission in
            if submission.id == parent.id { return .existing(existing) }
            guard let id = first[submission.id], let row = row(id) else {
                return .refused(
                    LonghaulError(
                        .notFound,
                        "the call was accepted before as job \(existing.id); this entry is gone since"))
            }
            return .existing(tables.family(of: row))
        }
    }

    /// Stores one submission. Nothing is written before it is certain that it is not refused.
    func submit(_ submission: Submission, _ scope: inout SubmissionScope) -> SubmitOutcome {
        var submission = submission
        do throws(LonghaulError) {
            if let existing = try recognised(submission) {
                scope.aliases[submission.id] = existing.id
                return .existing(existing)
            }
            submission.dependsOn = submission.dependsOn.map { scope.aliases[$0] ?? $0 }
            return .created(try create(submission, scope))
        } catch {
            return .refused(error)
        }
    }

    private func create(_ submission: Submission, _ scope: SubmissionScope) throws(LonghaulError) -> Job {
        let standing = try standing(of: submission.dependsOn, spec: submission.spec)
        try checkParent(of: submission, scope)
        let runAt = max(submission.runAt ?? now, now)
        let free: JobState =
            submission.spec.join.collects ? .completed : runAt > now ? .scheduled : .pending
        let state = standing.state ?? free
        let isWaved = flaw == .earlyDepthCheck && waved.contains(submission.id)
        if scope.isBounded, !isWaved { try checkRoom(for: state, in: submission.spec.queue) }
        if row(submission.id) != nil {
            throw LonghaulError(.conflict, "there is a job \(submission.id) already")
        }
        var job = Job(
            id: submission.id, spec: submission.spec, state: state, caller: submission.caller, createdAt: now,
            runAt: runAt)
        job.dependsOn = submission.dependsOn
        job.parentID = submission.parentID
        if state == .completed { job.result = tables.collected(from: job.dependsOn) }
        var row = StoredJob(job: job)
        row.waitsFor = standing.open
        row.needed = standing.state == .blocked ? standing.needed : 0
        insert(&row, fault: standing.fault)
        for key in submission.keys { keep(key, of: job.id) }
        return tables.family(of: row)
    }

    /// Throws unless the job that a submission belongs to, if it belongs to any, has not ended.
    private func checkParent(of submission: Submission, _ scope: SubmissionScope) throws(LonghaulError) {
        guard let id = submission.parentID, !scope.parents.contains(id) else { return }
        let pointer = JSONPointer.root.appending("parent_id")
        guard let state = row(id)?.job.state else {
            throw LonghaulError.invalid(pointer, "there is no job \(id)")
        }
        guard !state.isFinal else {
            throw LonghaulError.invalid(pointer, "the job \(id) has ended: it is \(state.rawValue)")
        }
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
        if state == .pending {
            if let bound = queue.settings.maxDepth, queue[.pending] >= bound {
                throw LonghaulError.busy(.depth(queue: name), count: queue[.pending], limit: bound)
            }
            let all = tables.queues.values.reduce(0) { $0 + $1[.pending] }
            if let bound = limits.maxDepth, all >= bound {
                throw LonghaulError.busy(.system, count: all, limit: bound)
            }
        } else if state.isWaiting, let bound = queue.settings.maxWaiting, queue.waiting >= bound {
            throw LonghaulError.busy(.waiting(queue: name), count: queue.waiting, limit: bound)
        }
    }

    // MARK: Keys

    /// The job that one of a submission's keys stands for already; nil if none is live.
    ///
    /// - Throws: `idempotency_key_reused` if a live one stands for another request.
    private func recognised(_ submission: Submission) throws(LonghaulError) -> Job? {
        if flaw == .earlyKeyCheck, waved.contains(submission.id) { return nil }
        var found: StoredJob?
        for key in submission.keys {
            guard let stored = tables.keys[key.digest], let row = row(stored.jobID) else { continue }
            guard isLive(stored, of: row) else { continue }
            if let old = stored.fingerprint, let new = key.fingerprint, old != new {
                throw LonghaulError(
                    .idempotencyKeyReused,
                    "the idempotency key stands for another request, that of job \(row.job.id)")
            }
            if found == nil { found = row }
        }
        guard let found else { return nil }
        // An idempotency key that came along stands for the job from now on, whatever becomes of the rule that
        // recognised it.
        for key in submission.keys where key.fingerprint != nil {
            let stored = tables.keys[key.digest]
            let isHeld =
                stored.flatMap { stored in row(stored.jobID).map { isLive(stored, of: $0) } } ?? false
            if !isHeld { keep(key, of: found.job.id) }
        }
        return tables.family(of: found)
    }

    private func isLive(_ key: Tables.Key, of row: StoredJob) -> Bool {
        key.expiresAt.map { now < $0 } ?? !row.job.state.isFinal
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
