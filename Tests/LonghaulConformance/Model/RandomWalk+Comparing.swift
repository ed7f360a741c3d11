import LonghaulCore
import LonghaulJSON

/// Compares the store with the model.
extension RandomWalk {
    /// - Parameter reads: whether to compare queries that read only one queue or job as well.
    func compare(reads: Bool) async throws {
        compareChanges()
        let jobs = try await t.store.jobs(JobFilter(), after: nil, limit: 5000).jobs
        let missing = Set(model.jobs.keys).symmetricDifference(jobs.map(\.id))
        model.expect(missing.isEmpty, "the store or the model lacks \(missing)")
        for job in jobs { compare(job) }
        compare(try await t.store.queues())
        let groups = try await t.store.deadLetterGroups(DeadLetterGroupFilter(), after: nil, limit: 500)
            .groups
        compare(groups)
        guard reads, model.problems.isEmpty else { return }
        try await comparePositions(in: "queue\(below(3))")
        if let job = pick(model.sortedJobs) { try await compareHistory(of: job) }
        if let token = pick(tokens) {
            let answer = try await result { try await t.store.verify(token) }
            model.compare(answer, model.isHeld(token) ? nil : [.leaseLost], "the check of \(token.jobID)")
        }
    }

    /// Compares the published changes with those that the model made. The order within one job is that of its versions.
    private func compareChanges() {
        let published = newChanges().map { change in
            StoreModel.Transition(
                id: change.jobID, version: change.version, previous: change.previous, state: change.state,
                attempt: change.attempt, errorType: change.error?.type, progress: change.progress)
        }
        let expected = model.transitions
        for change in Set(expected).subtracting(published) { model.report("\(change) was not published") }
        for change in Set(published).subtracting(expected) { model.report("\(change) was published") }
        model.expect(published.count == expected.count, "a change was published twice")
        for (id, changes) in Dictionary(grouping: published, by: \.id) {
            let versions = changes.map(\.version)
            model.expect(versions == versions.sorted(), "the changes of \(id) came in another order")
        }
        forgetChanges()
    }

    private func compare(_ job: Job) {
        guard let expected = model.jobs[job.id] else { return }
        func check<Value: Equatable>(_ name: String, _ value: Value, _ expected: Value) {
            model.expect(value == expected, "\(name) of \(job.id) is \(value), not \(expected)")
        }
        check("the state", job.state, expected.state)
        check("the version", job.version, expected.version)
        check("the attempt", job.attempt, expected.attempt)
        check("the priority", job.spec.priority, expected.spec.priority)
        check("the tags", job.spec.tags, expected.spec.tags)
        check("the worker", job.worker?.id, expected.workerID)
        check("the start", job.startedAt, expected.startedAt)
        check("the end", job.finishedAt, expected.finishedAt)
        check("the submission", job.createdAt, expected.createdAt)
        check("the progress", job.progress, expected.progress)
        check("the dependencies", job.dependsOn, expected.dependsOn)
        check("the parent", job.parentID, expected.submission.parentID)
        check("the error", job.error?.type, expected.state == .completed ? nil : expected.errorType)
        check("whether a fingerprint", job.fingerprint != nil, expected.state == .failed)
        if expected.spec.join.collects {
            check("whether a result", job.result != nil, expected.state == .completed)
        } else {
            check("the result", job.result, expected.result)
        }
        model.expect(
            expected.runAt.contains(job.runAt), "\(job.id) is due at \(job.runAt), not in \(expected.runAt)")
        model.jobs[job.id]?.runAt = job.runAt...job.runAt
        compareAttempts(of: job, expected)
    }

    private func compareAttempts(of job: Job, _ expected: StoreModel.ModelJob) {
        var errors = expected.endedAttempts.map { Optional($0.errorType) }
        var starts = expected.endedAttempts.map(\.startedAt)
        if let startedAt = expected.startedAt, [.processing, .completed].contains(expected.state) {
            errors.append(nil)
            starts.append(startedAt)
        }
        let isEqual =
            job.attempts.map { $0.error?.type } == errors && job.attempts.map(\.startedAt) == starts
            && job.attempts.map(\.number) == Array(1..<job.attempts.count + 1)
        model.expect(isEqual, "the attempts of \(job.id) are \(job.attempts), not \(errors)")
    }

    // MARK: Queues and groups

    private func compare(_ records: [QueueRecord]) {
        let visible = model.queues.filter { !$0.value.isHidden }
        model.expect(Set(records.map(\.name)) == Set(visible.keys), "the queues are \(records.map(\.name))")
        for record in records {
            let own = model.jobs.values.filter { $0.spec.queue == record.name }
            let counts = Dictionary(grouping: own, by: \.state).mapValues(\.count)
            model.expect(record.counts == counts, "\(record.name) counts \(record.counts), not \(counts)")
            model.expect(
                record.settings == visible[record.name]?.settings, "\(record.name) has other settings")
            // The first job of a lane stands for the oldest one, so a store may show another pending job.
            let pending = own.filter { $0.state == .pending }.map(\.runAt.lowerBound)
            let isPending = record.oldestPendingAt.map { pending.contains($0) } ?? pending.isEmpty
            model.expect(isPending, "\(record.name) shows an oldest job that is not pending")
        }
    }

    private struct Group: Hashable {
        var kind: String
        var errorType: String?
        var queue: String
    }

    private func compare(_ groups: [DeadLetterGroup]) {
        let found = groups.map { ($0.count, Group(kind: $0.kind, errorType: $0.errorType, queue: $0.queue)) }
        let counts = Dictionary(found.map { ($1, $0) }, uniquingKeysWith: +)
        let dead = model.jobs.values.filter { $0.state == .failed }.map {
            Group(kind: $0.spec.kind, errorType: $0.errorType, queue: $0.spec.queue)
        }
        let expected = Dictionary(grouping: dead) { $0 }.mapValues(\.count)
        model.expect(counts == expected, "the groups of dead letters are \(counts), not \(expected)")
        model.expect(groups.count == expected.count, "a group of dead letters is split")
    }

    // MARK: One queue, one job

    /// Compares the positions of pending jobs, and the entries that a broker should hold.
    private func comparePositions(in queue: String) async throws {
        let pending = model.sortedJobs.filter { $0.state == .pending && $0.spec.queue == queue }
        var positions: [Int?] = []
        for job in pending { positions.append(try await t.store.position(of: job.id)) }
        model.expect(
            Set(positions) == Set(pending.indices), "the positions in \(queue) are \(positions)")
        let now = model.now
        let entries = try await t.store.pendingEntries(of: queue, dueBefore: now, after: nil, limit: 5000)
        let due = pending.filter { $0.runAt.upperBound < now }.map(\.id)
        model.expect(entries.map(\.id) == due, "the pending entries of \(queue) are \(entries), not \(due)")
    }

    private func compareHistory(of job: StoreModel.ModelJob) async throws {
        let history = try await t.store.history(job.id, afterVersion: 0) ?? []
        model.expect(history.map(\.version) == Array(1...job.version), "the history of \(job.id) has gaps")
        let last = history.last
        model.expect(
            last?.state == job.state && last?.attempt == job.attempt,
            "the history of \(job.id) ends otherwise")
        for (earlier, later) in zip(history, history.dropFirst()) {
            model.expect(later.previous == earlier.state, "the history of \(job.id) jumps")
        }
    }
}
