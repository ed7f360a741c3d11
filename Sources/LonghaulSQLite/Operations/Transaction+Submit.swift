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
            guard let id = first[submission.id], let job = try loader.job(id) else {
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

    private static let seqsInUse = Query("SELECT seq, id FROM jobs WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq")
    private static let insertPayload = Query("INSERT INTO payloads (seq, payload) VALUES (?1, ?2)")
    private static let insertTag = Query("INSERT INTO tags (name, value, seq) VALUES (?1, ?2, ?3)")

    private func create(_ submission: Submission, _ scope: SubmissionScope) throws -> Job {
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
        if state == .completed { job.result = try loader.collected(from: job.dependsOn) }
        var row = JobRow(job: job)
        row.seq = try freeSequence(for: submission.id)
        row.payloadIsApart = submission.spec.payload.bytes.count > JobRow.longestInlinePayload
        row.waitingOn = standing.open.count
        row.needed = standing.state == .blocked ? standing.needed : 0
        row.isParent = scope.parents.contains(job.id)
        if state == .pending { row.partition = queues.entry(submission.spec.queue).partition(of: job.spec) }
        try insert(&row, fault: standing.fault)
        if let parent, !parent.isParent { try connection.run(Self.markParent, .integer(parent.seq)) }
        for seq in standing.open { try insertDependency(of: row.seq, on: seq) }
        for key in submission.keys { try keep(key, of: row) }
        return job.parentID == nil && job.dependsOn.isEmpty ? row.job : try loader.family(of: row)
    }

    private static let markParent = Query("UPDATE jobs SET is_parent = 1 WHERE seq = ?1")

    /// The row of the job that a submission belongs to; nil if it has none, or is stored before it.
    private func parent(of submission: Submission, _ scope: SubmissionScope) throws -> JobRow? {
        guard let id = submission.parentID else { return nil }
        let row = try loader.row(id)
        if scope.parents.contains(id) { return row }
        let pointer = JSONPointer.root.appending("parent_id")
        guard let row else { throw LonghaulError.invalid(pointer, "there is no job \(id)") }
        guard !row.job.state.isFinal else {
            throw LonghaulError.invalid(pointer, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        return row
    }

    /// Writes a new row with what belongs to it, counts it, and tells of it.
    private func insert(_ row: inout JobRow, fault: JobError?) throws {
        let job = row.job
        row.history.append(JobHistory.Entry(state: job.state, attempt: 0, at: now, runAt: job.runAt))
        if let fault {
            try keep(fault, of: &row, endedFence: nil)
            row.job.error = fault
        }
        if job.state.isFinal { end(&row) }
        try keepDeadLetters(&row, from: nil, fault: fault)
        try connection.run(JobRow.insert, row.values)
        if row.payloadIsApart {
            try connection.run(Self.insertPayload, .integer(row.seq), .blob(job.spec.payload.bytes))
        }
        for (name, value) in job.spec.tags {
            try connection.run(Self.insertTag, .text(name), .text(value), .integer(row.seq))
        }
        count(job.spec, from: nil, to: job.state)
        var change = JobChange(row, previous: nil, at: now)
        change.error = fault
        tell(change)
    }

    private func freeSequence(for id: JobID) throws -> Int64 {
        var free = JobSequence.base(of: id)
        let last = JobSequence.last(of: id)
        var isKnown = false
        try connection.each(Self.seqsInUse, [.integer(free), .integer(last)]) { row in
            isKnown = row.blob(1) == id.bytes
            guard !isKnown, row.int64(0) == free else { return false }
            free += 1
            return true
        }
        if isKnown { throw LonghaulError(.conflict, "there is a job \(id) already") }
        guard free <= last else {
            throw LonghaulError(.internal, "too many identifiers were made in the same millisecond as \(id)")
        }
        return free
    }

    private func checkRoom(for state: JobState, in queue: String) throws {
        let entry = queues.entry(queue)
        if state == .pending {
            let depth = entry.counts[state.code]
            if let bound = entry.settings.maxDepth, depth >= bound {
                throw LonghaulError.busy(.depth(queue: queue), count: depth, limit: bound)
            }
            if let bound = limits.maxDepth, queues.pending >= bound {
                throw LonghaulError.busy(.system, count: queues.pending, limit: bound)
            }
        } else if state.isWaiting, let bound = entry.settings.maxWaiting, entry.waiting >= bound {
            throw LonghaulError.busy(.waiting(queue: queue), count: entry.waiting, limit: bound)
        }
    }
}
