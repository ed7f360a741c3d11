import LonghaulCore

/// Submissions in the model.
extension StoreModel {
    /// The outcome of a submission.
    enum Outcome {
        case created
        case existing(JobID)
        /// It is rejected with one of these codes.
        case rejected(Set<LonghaulError.Code>)
    }

    /// The submissions that one call makes, or one completion.
    struct Call {
        var isBounded = true
        /// The parents that may be stored later in the call, or have just completed.
        var parents: Set<JobID> = []
        /// The existing job of each duplicate.
        var aliases: [JobID: JobID] = [:]
    }

    /// Follows a call, and compares its outcomes.
    mutating func submit(_ entries: [Submission], allOrNothing: Bool, _ outcomes: [SubmitOutcome]) {
        guard outcomes.count == entries.count else {
            return report("\(outcomes.count) outcomes for \(entries.count) submissions")
        }
        var expected: [Outcome] = []
        let isReplay = isReplay(entries)
        attempt { model in
            expected = model.outcomes(of: entries)
            guard allOrNothing, entries.count > 1 else { return true }
            let first = expected.firstIndex { if case .rejected = $0 { true } else { false } }
            guard let first, !isReplay else { return true }
            for index in expected.indices where index != first { expected[index] = .rejected([.conflict]) }
            return false
        }
        for (index, (outcome, expected)) in zip(outcomes, expected).enumerated() {
            compare(outcome, expected, of: entries[index].id)
        }
    }

    private mutating func outcomes(of entries: [Submission]) -> [Outcome] {
        let ids = Set(entries.map(\.id))
        var call = Call(parents: Set(entries.compactMap(\.parentID)).intersection(ids))
        if let replayed = replay(entries, parents: call.parents) { return replayed }
        return entries.map { submit($0, &call) }
    }

    /// Whether the call repeats one whose parent is stored.
    private func isReplay(_ entries: [Submission]) -> Bool {
        let parents = Set(entries.compactMap(\.parentID))
        guard let parent = entries.last(where: { parents.contains($0.id) }) else { return false }
        return parent.keys.contains { isLive($0) }
    }

    private mutating func replay(_ entries: [Submission], parents: Set<JobID>) -> [Outcome]? {
        guard let parent = entries.last(where: { parents.contains($0.id) }) else { return nil }
        switch duplicate(of: parent.keys) {
        case nil: return nil
        case .rejected(let codes):
            return entries.map { .rejected($0.id == parent.id ? codes : [.conflict]) }
        case .created: return nil
        case .existing(let id):
            let first = jobs[id]?.dependsOn ?? []
            return entries.map { entry in
                if entry.id == parent.id { return .existing(id) }
                guard let place = parent.dependsOn.firstIndex(of: entry.id), place < first.count,
                    jobs[first[place]] != nil
                else { return .rejected([.notFound]) }
                return .existing(first[place])
            }
        }
    }

    /// Follows one submission.
    mutating func submit(_ entry: Submission, _ call: inout Call) -> Outcome {
        if let duplicate = duplicate(of: entry.keys) {
            if case .existing(let id) = duplicate { call.aliases[entry.id] = id }
            return duplicate
        }
        var codes: Set<LonghaulError.Code> = []
        let dependsOn = entry.dependsOn.map { call.aliases[$0] ?? $0 }
        if dependsOn.contains(where: { jobs[$0] == nil }) { codes.insert(.invalidRequest) }
        if let parent = entry.parentID, !call.parents.contains(parent),
            jobs[parent]?.state.hasEnded ?? true
        {
            codes.insert(.invalidRequest)
        }
        if jobs[entry.id] != nil { codes.insert(.conflict) }
        let runAt = max(entry.runAt ?? now, now)
        var job = ModelJob(
            submission: entry, createdAt: now, state: .pending, dependsOn: dependsOn, runAt: runAt...runAt,
            pendingAt: now)
        let blocked = blockedState(of: &job)
        job.state = blocked ?? (entry.spec.join.collects ? .completed : runAt > now ? .scheduled : .pending)
        if call.isBounded, !hasRoom(for: job.state, in: entry.spec.queue) { codes.insert(.systemBusy) }
        guard codes.isEmpty else { return .rejected(codes) }
        add(job, errorType: blocked?.hasEnded == true ? "dependency_failed" : nil)
        for key in entry.keys { record(key, of: entry.id) }
        return .created
    }

    private func hasRoom(for state: JobState, in queue: String) -> Bool {
        let settings = queues[queue]?.settings ?? QueueSettings()
        switch state {
        case .pending: return count(.pending, in: queue) < settings.maxDepth ?? .max
        case .scheduled, .blocked, .retrying:
            let waiting = [.scheduled, .blocked, .retrying].reduce(0) { $0 + count($1, in: queue) }
            return waiting < settings.maxWaiting ?? .max
        case .processing, .suspended, .completed, .failed, .cancelled: return true
        }
    }

    private mutating func compare(_ outcome: SubmitOutcome, _ expected: Outcome, of id: JobID) {
        switch (outcome, expected) {
        case (.created(let job), .created):
            expect(job.id == id && job.state == jobs[id]?.state, "\(id) was answered as \(job.state)")
        case (.existing(let job), .existing(let first)):
            expect(job.id == first, "\(id) is a duplicate of \(first), but the answer is \(job.id)")
        case (.refused(let error), .rejected(let codes)):
            expect(codes.contains(error.code), "\(id) was rejected with \(error.code), not one of \(codes)")
        default: report("the outcome of \(id) is \(outcome.name), but must be \(expected)")
        }
    }

    // MARK: Keys

    private func isLive(_ key: SubmissionKey) -> Bool {
        guard let stored = keys[key.digest], let job = jobs[stored.jobID] else { return false }
        return stored.expiresAt.map { now < $0 } ?? !job.state.hasEnded
    }

    /// The outcome of a submission with these keys; nil unless one of them is live.
    private mutating func duplicate(of new: [SubmissionKey]) -> Outcome? {
        let live = new.filter { isLive($0) }
        for key in live {
            if let old = keys[key.digest]?.fingerprint, let fingerprint = key.fingerprint, old != fingerprint
            {
                return .rejected([.idempotencyKeyReused])
            }
        }
        guard let first = live.first, let id = keys[first.digest]?.jobID else { return nil }
        for key in new where key.fingerprint != nil && !isLive(key) { record(key, of: id) }
        return .existing(id)
    }

    private mutating func record(_ key: SubmissionKey, of id: JobID) {
        let expiresAt: Timestamp? =
            switch key.lifetime {
            case .whileActive: nil
            case .until(let moment): moment
            case .withinRetention(let moment):
                min(moment, now.adding(seconds: max(3600, jobs[id]?.retentionSeconds ?? 0)))
            }
        keys[key.digest] = ModelKey(jobID: id, fingerprint: key.fingerprint, expiresAt: expiresAt)
    }
}

extension StoreModel.ModelJob {
    /// How long it is kept after its end: a week by default.
    var retentionSeconds: Double { spec.retentionSeconds ?? 604_800 }
}

extension SubmitOutcome {
    fileprivate var name: String {
        switch self {
        case .created(let job): "created (\(job.state))"
        case .existing(let job): "existing (\(job.id))"
        case .refused(let error): "refused (\(error))"
        }
    }
}
