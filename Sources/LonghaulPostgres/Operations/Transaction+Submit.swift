import LonghaulCore
import LonghaulJSON
import LonghaulStoreRules

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

    func submit(_ submissions: [Submission], allOrNothing: Bool) throws -> [SubmitOutcome] {
        var scope = SubmissionScope()
        let entries = Set(submissions.map(\.id))
        scope.parents = Set(submissions.compactMap(\.parentID)).intersection(entries)
        if let replay = try replay(submissions, parents: scope.parents) { return replay }
        guard allOrNothing, submissions.count > 1 else {
            return try submissions.map { try submit($0, &scope) }
        }
        var refused: (index: Int, error: LonghaulError)?
        do {
            return try undoable {
                try submissions.enumerated().map { index, submission in
                    let outcome = try submit(submission, &scope)
                    if case .refused(let error) = outcome {
                        refused = (index, error)
                        throw error
                    }
                    return outcome
                }
            }
        } catch let error as LonghaulError {
            guard let refused else { throw error }
            let others = LonghaulError(.conflict, "entry \(refused.index) of the same call was refused")
            return submissions.indices.map { .refused($0 == refused.index ? refused.error : others) }
        }
    }

    /// The answers to a call whose parent a key recognises: its children are those of the first time, the jobs
    /// that the parent waited for. Nil if there is no such parent.
    private func replay(_ submissions: [Submission], parents: Set<JobID>) throws -> [SubmitOutcome]? {
        guard let parent = submissions.last(where: { parents.contains($0.id) }), !parent.keys.isEmpty else {
            return nil
        }
        let existing: Job
        do {
            guard let recognised = try recognised(parent.keys) else { return nil }
            existing = recognised
        } catch let error as LonghaulError {
            let others = LonghaulError(.conflict, "the parent of the same call was refused")
            return submissions.map { .refused($0.id == parent.id ? error : others) }
        }
        let first = Dictionary(
            zip(parent.dependsOn, existing.dependsOn), uniquingKeysWith: { first, _ in first })
        return try submissions.map { submission in
            if submission.id == parent.id { return .existing(existing) }
            guard let id = first[submission.id], let job = try row(id).map(family) else {
                return .refused(
                    LonghaulError(
                        .notFound,
                        "the call was accepted before as job \(existing.id); this entry is gone since"))
            }
            return .existing(job)
        }
    }

    /// Stores one submission. Nothing is written before it is certain that it is not refused.
    func submit(_ submission: Submission, _ scope: inout SubmissionScope) throws -> SubmitOutcome {
        var submission = submission
        do {
            if !submission.keys.isEmpty, let existing = try recognised(submission.keys) {
                scope.aliases[submission.id] = existing.id
                return .existing(existing)
            }
            if !submission.dependsOn.isEmpty, !scope.aliases.isEmpty {
                submission.dependsOn = submission.dependsOn.map { scope.aliases[$0] ?? $0 }
            }
            return .created(try create(submission, scope))
        } catch let error as LonghaulError {
            return .refused(error)
        }
    }

    private func create(_ submission: Submission, _ scope: SubmissionScope) throws -> Job {
        guard entries[submission.id] == nil else {
            throw LonghaulError(.conflict, "there is a job \(submission.id) already")
        }
        let standing = try standing(of: submission.dependsOn, spec: submission.spec)
        let parent = try parent(of: submission, scope)
        let runAt = max(submission.runAt ?? now, now)
        let free: JobState =
            submission.spec.join.collects ? .completed : runAt > now ? .scheduled : .pending
        let state = standing.state ?? free
        if scope.isBounded { try checkRoom(for: state, in: submission.spec.queue) }

        var job = Job(
            id: submission.id, spec: submission.spec, state: state, caller: submission.caller, createdAt: now,
            runAt: runAt)
        job.dependsOn = submission.dependsOn
        job.parentID = submission.parentID
        if state == .completed { job.result = try collected(from: job.dependsOn) }
        var row = JobRow(job: job)
        row.waitingOn = standing.open.count
        row.needed = standing.state == .blocked ? standing.needed : 0
        row.isParent = scope.parents.contains(job.id)
        try insert(&row, fault: standing.fault)
        if var parent, !parent.isParent {
            parent.isParent = true
            save(parent)
        }
        for id in standing.open { insertDependency(of: job.id, on: id) }
        for key in submission.keys { keep(key, of: job.id) }
        return job.parentID == nil && job.dependsOn.isEmpty ? row.job : try family(of: row)
    }

    /// The row of the job that a submission belongs to; nil if it has none, or is stored before it.
    private func parent(of submission: Submission, _ scope: SubmissionScope) throws -> JobRow? {
        guard let id = submission.parentID else { return nil }
        if scope.parents.contains(id) { return entries[id]?.row }
        let pointer = JSONPointer.root.appending("parent_id")
        guard let row = try row(id) else { throw LonghaulError.invalid(pointer, "there is no job \(id)") }
        guard !row.job.state.isFinal else {
            throw LonghaulError.invalid(pointer, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        return row
    }

    /// Adds a new row with what belongs to it, counts it, and tells of it.
    private func insert(_ row: inout JobRow, fault: JobError?) throws {
        let job = row.job
        row.history.append(JobHistory.Entry(state: job.state, attempt: 0, at: now, runAt: job.runAt))
        let kept = fault.map { makeFault($0, of: &row, endedFence: nil) }
        row.job.error = fault
        if job.state.isFinal { end(&row) }
        if job.state == .pending { row.place = try place(of: job, isLate: false) }
        row.job.fingerprint = fingerprint(of: row, fault)
        var entry = Entry(new: row)
        if let kept { entry.faults = [kept] }
        add(entry)
        count(job.spec.queue, from: nil, to: job.state)
        var change = JobChange(row, previous: nil, at: now)
        change.error = fault
        tell(change)
    }

    private func checkRoom(for state: JobState, in queue: String) throws {
        let settings = ledger.settings(of: queue)
        if state == .pending {
            if let bound = limits.maxDepth {
                let count = try pendingInAll(below: bound)
                // The whole is locked first, so that no two servers wait for each other.
                if count >= bound { throw LonghaulError.busy(.system, count: count, limit: bound) }
            }
            guard let bound = settings.maxDepth else { return }
            let depth = try count(in: queue, below: bound) { $0[JobState.pending.code] }
            if depth >= bound { throw LonghaulError.busy(.depth(queue: queue), count: depth, limit: bound) }
        } else if state.isWaiting, let bound = settings.maxWaiting {
            let count = try count(in: queue, below: bound) { counts in
                JobState.byCode.reduce(0) { $0 + ($1.isWaiting ? counts[$1.code] : 0) }
            }
            if count >= bound { throw LonghaulError.busy(.waiting(queue: queue), count: count, limit: bound) }
        }
    }

    /// A count against a bound, exact where it might matter.
    private func count(in queue: String, below bound: Int, _ count: ([Int]) -> Int) throws -> Int {
        if bound >= Self.roomyBound {
            let estimate = count(try estimatedCounts(of: queue))
            if estimate < bound / 2 { return estimate }
        }
        return count(try exactCounts(of: queue))
    }
}
