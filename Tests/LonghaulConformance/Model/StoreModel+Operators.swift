import LonghaulCore

/// Operator actions in the model.
extension StoreModel {
    /// Follows a cancellation.
    mutating func cancel(_ id: JobID, _ answer: Result<Job, LonghaulError>) {
        guard let job = jobs[id] else { return compare(answer, [.notFound], "the cancellation of \(id)") }
        if job.state.hasEnded { return compare(answer, [.conflict], "the cancellation of \(id)") }
        cancel(id)
        compare(answer, nil, "the cancellation of \(id)")
    }

    private mutating func cancel(_ id: JobID) {
        move(id, to: .cancelled, errorType: jobs[id]?.state == .processing ? "cancelled" : nil)
    }

    /// Follows a cancellation of descendants.
    ///
    /// - Parameter cancelled: the descendants that the store chose to cancel, in order.
    mutating func cancelDescendants(of id: JobID, limit: Int, _ count: Int, cancelled: [JobID]) {
        expect(count <= limit, "\(count) descendants were cancelled, more than \(limit)")
        for child in cancelled {
            expect(isDescendant(child, of: id), "\(child) was cancelled, but does not descend from \(id)")
            expect(jobs[child]?.state.hasEnded == false, "\(child) was cancelled, but has ended")
            cancel(child)
        }
        let left = sortedJobs.first { !$0.state.hasEnded && isDescendant($0.id, of: id) }
        if let left, count < limit { report("the descendant \(left.id) of \(id) was not cancelled") }
    }

    /// Whether a chain of existing jobs leads from one to its ancestor.
    private func isDescendant(_ id: JobID, of ancestor: JobID) -> Bool {
        var next = jobs[id]?.submission.parentID
        while let parent = next {
            if parent == ancestor { return true }
            next = jobs[parent]?.submission.parentID
        }
        return false
    }

    /// Follows a retry.
    mutating func retry(_ id: JobID, _ answer: Result<Job, LonghaulError>) {
        guard let job = jobs[id] else { return compare(answer, [.notFound], "the retry of \(id)") }
        let isRetried = [.failed, .cancelled, .retrying].contains(job.state)
        if isRetried { restart(id) }
        compare(answer, isRetried ? nil : [.conflict], "the retry of \(id)")
    }

    private mutating func restart(_ id: JobID) {
        let collects = jobs[id]?.spec.join.collects ?? false
        move(id, to: collects ? .completed : .pending) { [now] job in
            job.attempt = 0
            job.runAt = now...now
            (job.startedAt, job.finishedAt, job.workerID, job.progress) = (nil, nil, nil, nil)
            (job.errorType, job.endedAttempts) = (nil, [])
        }
    }

    /// Follows an edit.
    mutating func edit(_ id: JobID, _ edit: JobEdit, _ answer: Result<Job, LonghaulError>) {
        guard let job = jobs[id] else { return compare(answer, [.notFound], "the edit of \(id)") }
        let isRefused =
            job.state == .processing || job.state.hasEnded || (job.state == .suspended && edit.runAt != nil)
        compare(answer, isRefused ? [.conflict] : nil, "the edit of \(id)")
        guard !isRefused else { return }
        var new = job
        new.submission.spec.priority = edit.priority ?? job.spec.priority
        new.submission.spec.tags.merge(edit.tags.compactMapValues(\.self)) { $1 }
        for (name, value) in edit.tags where value == nil { new.submission.spec.tags[name] = nil }
        let state = time(edit.runAt, of: &new)
        guard new.spec != job.spec || new.runAt != job.runAt || state != job.state else { return }
        if state != job.state {
            return move(id, to: state) { [new] in ($0.submission, $0.runAt) = (new.submission, new.runAt) }
        }
        let changesPlace = new.spec.priority != job.spec.priority || partition(of: new) != partition(of: job)
        rewrite(id) { [new, now] job in
            (job.submission, job.runAt) = (new.submission, new.runAt)
            if job.state == .pending, changesPlace { (job.pendingAt, job.isLate) = (now, true) }
        }
    }

    /// Sets the time of a job. Returns its state then.
    private func time(_ moment: Timestamp?, of job: inout ModelJob) -> JobState {
        guard let moment else { return job.state }
        switch job.state {
        case .pending where moment <= now: return .pending
        case .pending:
            job.runAt = moment...moment
            return .scheduled
        default:
            let due = max(moment, now)
            job.runAt = due...due
            return moment <= now && job.state != .blocked ? .pending : job.state
        }
    }

    /// Follows a deletion.
    mutating func delete(_ id: JobID, _ answer: Result<Void, LonghaulError>) {
        guard let job = jobs[id] else { return compare(answer, [.notFound], "the deletion of \(id)") }
        compare(answer, job.state.hasEnded ? nil : [.conflict], "the deletion of \(id)")
        if job.state.hasEnded { remove(id) }
    }

    /// Follows a redrive or discard of a dead letter.
    ///
    /// - Parameter errorType: the error type of the filter.
    mutating func apply(
        _ action: DeadLetterAction, to id: JobID, errorType: String?, _ answer: Result<Void, LonghaulError>
    ) {
        guard let job = jobs[id] else { return compare(answer, [.notFound], "\(action) of \(id)") }
        let isMatch = job.state == .failed && (errorType == nil || errorType == job.errorType)
        compare(answer, isMatch ? nil : [.conflict], "\(action) of \(id)")
        guard isMatch else { return }
        if action == .redrive { restart(id) } else { remove(id) }
    }

    // MARK: Queues

    /// Follows a change of a queue's settings.
    mutating func setQueue(_ name: String, _ settings: QueueSettings) {
        var queue = queues[name] ?? ModelQueue()
        if queue.settings.partitionBy != settings.partitionBy {
            queue.isSorting = count(.pending, in: name) > 0
        }
        queue.settings = settings
        queue.isHidden = false
        if let limit = settings.rateLimit {
            queue.bucket = queue.bucket ?? (Double(limit.burst), now)
        } else {
            queue.bucket = nil
        }
        queues[name] = queue
    }

    /// Follows the deletion of a queue.
    mutating func deleteQueue(_ name: String, _ answer: Result<Bool, LonghaulError>) {
        guard let queue = queues[name], !queue.isHidden else {
            if case .success(true) = answer { report("the queue \(name) was deleted, but does not exist") }
            return compare(answer, nil, "the deletion of the queue \(name)")
        }
        let own = jobs.values.filter { $0.spec.queue == name }
        let isFree = own.allSatisfy(\.state.hasEnded)
        compare(answer, isFree ? nil : [.conflict], "the deletion of the queue \(name)")
        guard isFree else { return }
        if case .success(false) = answer { report("the queue \(name) exists, but was not deleted") }
        queues[name] = own.isEmpty ? nil : ModelQueue(isHidden: true)
    }
}
