package import LonghaulCore
import LonghaulJSON

/// Submission of jobs.
extension StoreTransaction {
    /// Stores new jobs and answers each. The answers leave out the jobs around each job: the driver reads those after
    /// the commit, where no other call waits for it.
    package func submit(_ submissions: [Submission], allOrNothing: Bool) throws -> [SubmitOutcome] {
        var scope = SubmissionScope()
        let entries = Set(submissions.map(\.id))
        scope.keepsCreated = submissions.contains { !$0.dependsOn.isEmpty }
        scope.parents = Set(submissions.compactMap(\.parentID)).intersection(entries)
        if let replay = try replay(submissions, parents: scope.parents) { return replay }
        guard allOrNothing, submissions.count > 1 else {
            return try submissions.map { try submit($0, &scope) }
        }
        var refused: (index: Int, error: LonghaulError)?
        do {
            return try savepoint {
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

    /// The outcomes of a repeated call, whose parent job is found by a key. The children are those of the first call,
    /// on which the parent depends. Nil for a new parent.
    private func replay(_ submissions: [Submission], parents: Set<JobID>) throws -> [SubmitOutcome]? {
        guard let parent = submissions.last(where: { parents.contains($0.id) }), !parent.keys.isEmpty else {
            return nil
        }
        let existing: Job
        do {
            guard let recognised = try existingJob(for: parent.keys) else { return nil }
            existing = recognised
        } catch let error as LonghaulError {
            let others = LonghaulError(.conflict, "the parent of the same call was refused")
            return submissions.map { .refused($0.id == parent.id ? error : others) }
        }
        let first = Dictionary(
            zip(parent.dependsOn, existing.dependsOn), uniquingKeysWith: { first, _ in first })
        return try submissions.map { submission in
            if submission.id == parent.id { return .existing(existing) }
            guard let id = first[submission.id], let job = try row(id).map(job) else {
                return .refused(
                    LonghaulError(
                        .notFound,
                        "the call was accepted before as job \(existing.id), but the job of this entry was deleted"
                    ))
            }
            return .existing(job)
        }
    }

    /// Stores one submission. All checks come before the first write.
    func submit(_ submission: Submission, _ scope: inout SubmissionScope) throws -> SubmitOutcome {
        var submission = submission
        do {
            if !submission.keys.isEmpty, let existing = try existingJob(for: submission.keys) {
                scope.aliases[submission.id] = existing.id
                return .existing(existing)
            }
            if !submission.dependsOn.isEmpty, !scope.aliases.isEmpty {
                submission.dependsOn = submission.dependsOn.map { scope.aliases[$0] ?? $0 }
            }
            return .created(try create(submission, &scope))
        } catch let error as LonghaulError {
            return .refused(error)
        }
    }

    private func create(_ submission: Submission, _ scope: inout SubmissionScope) throws -> Job {
        let spec = submission.spec
        let standing = try standing(of: submission.dependsOn, spec: spec, created: scope.created)
        let parent = try parent(of: submission, scope)
        let runAt = max(submission.runAt ?? now, now)
        let free: JobState = spec.join.collects ? .completed : runAt > now ? .scheduled : .pending
        let state = standing.state ?? free
        if scope.isBounded { try checkRoom(for: state, in: spec.queue) }

        var job = Job(
            id: submission.id, spec: spec, state: state, caller: submission.caller, createdAt: now,
            runAt: runAt)
        job.dependsOn = submission.dependsOn
        job.parentID = submission.parentID
        if state == .completed { job.result = try collected(from: job.dependsOn) }
        var row = try makeRow(of: job)
        row.parentOperation = submission.parentOperation
        row.waitingOn = standing.open.count
        row.needed = standing.state == .blocked ? standing.needed : 0
        row.isParent = scope.parents.contains(job.id)
        try add(&row, fault: standing.fault)
        if let parent, !parent.isParent {
            try markParent(parent)
            if scope.parent?.job.id == parent.job.id { scope.parent?.isParent = true }
        }
        for dependency in standing.open {
            try addDependency(of: row, on: dependency)
            scope.created[dependency.job.id]?.isAwaited = true
        }
        for dependency in standing.resolved { try addResolvedDependency(of: row, on: dependency) }
        for key in submission.keys { try recordKey(key, of: row) }
        if scope.keepsCreated { scope.created[row.job.id] = row }
        return row.job
    }

    /// The row of a submission's parent; nil without a parent, or if the parent is stored later.
    private func parent(of submission: Submission, _ scope: SubmissionScope) throws -> JobRow? {
        guard let id = submission.parentID else { return nil }
        if let parent = scope.parent, parent.job.id == id { return parent }
        if scope.parents.contains(id) { return try rowOfSameCall(id) }
        let pointer = JSONPointer.root.appending("parent_id")
        guard let row = try row(id) else { throw LonghaulError.invalid(pointer, "there is no job \(id)") }
        guard !row.job.state.isFinal else {
            throw LonghaulError.invalid(pointer, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        return row
    }
}
