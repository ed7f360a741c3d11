public import LonghaulCore
import Synchronization

extension Engine {
    /// A job. A pending job has its position in the queue and the estimated time of its start.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func job(_ id: JobID) async throws -> Job {
        guard var job = try await store.job(id) else { throw LonghaulError.noJob(id) }
        if job.state == .pending, let position = try await store.position(of: id) {
            job.position = position
            let now = time.now()
            if !settingsCache.isPaused(job.spec.queue),
                let rate = meter.drainRate(of: job.spec.queue, at: now)
            {
                job.estimatedStartAt = now.adding(seconds: Double(position + 1) / rate)
            }
        }
        return job
    }

    /// Waits until a job has ended, at most `seconds`. Returns the job in its latest state.
    ///
    /// - Throws: ``LonghaulError`` `not_found`; `CancellationError`.
    public func wait(for id: JobID, seconds: Double) async throws -> Job {
        let deadline = time.now().adding(seconds: seconds)
        while true {
            // The wait is registered before the job is read, so that it does not miss an end in between.
            let signal = endWaiters.register(id)
            defer { endWaiters.forget(id, signal) }
            let job = try await job(id)
            let now = time.now()
            if job.state.isFinal || now >= deadline { return job }
            // Another server may end the job, and its notification may be lost. So the wait reads the job at intervals.
            let poll = min(deadline, now.adding(seconds: configuration.slowPollSeconds))
            _ = try await signal.wait(until: poll, time: time)
        }
    }

    /// A page of jobs, newest first.
    ///
    /// - Parameter grant: the rights of the caller. If they are limited, the page may end early, with a cursor, and may be
    ///   empty then.
    /// - Throws: ``LonghaulError`` `forbidden` if the filter names a queue or a kind that the grant does not cover.
    public func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading = JobReading(),
        grant: KeyGrant = .everything
    ) async throws -> JobPage {
        if let text = filter.text {
            let filter = try grant.narrowed(filter)
            return try await searches.run {
                try await searchedJobs(
                    filter, for: text, after: cursor, limit: limit, reading: reading, grant: grant)
            }
        }
        guard !grant.isLimited else {
            return try await coveredJobs(filter, after: cursor, limit: limit, reading: reading, grant: grant)
        }
        return try await store.jobs(filter, after: cursor, limit: limit, reading: reading)
    }

    /// A page of a job's children, newest first.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func children(
        of id: JobID, _ filter: JobFilter, after cursor: JobCursor?, limit: Int,
        reading: JobReading = JobReading(), grant: KeyGrant = .everything
    ) async throws -> JobPage {
        var filter = filter
        filter.parentID = id
        return try await relatives(
            of: id, filter, after: cursor, limit: limit, reading: reading, grant: grant)
    }

    /// A page of the jobs that depend on a job, newest first, whether they still wait for it or not.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func dependents(
        of id: JobID, _ filter: JobFilter, after cursor: JobCursor?, limit: Int,
        reading: JobReading = JobReading(), grant: KeyGrant = .everything
    ) async throws -> JobPage {
        var filter = filter
        filter.dependencyID = id
        return try await relatives(
            of: id, filter, after: cursor, limit: limit, reading: reading, grant: grant)
    }

    private func relatives(
        of id: JobID, _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading,
        grant: KeyGrant
    ) async throws -> JobPage {
        guard let job = try await store.job(id), grant.covers(job.spec) else { throw LonghaulError.noJob(id) }
        return try await jobs(filter, after: cursor, limit: limit, reading: reading, grant: grant)
    }

    /// The changes of a job after the given version, oldest first.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange] {
        guard let changes = try await store.history(id, afterVersion: version) else {
            throw LonghaulError.noJob(id)
        }
        return changes
    }

    /// At most `limit` log lines of a job after the given number.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine] {
        guard let lines = try await store.logs(id, after: number, limit: limit) else {
            throw LonghaulError.noJob(id)
        }
        return lines
    }

    /// The number of log lines that were removed from the start of the job's log.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func droppedLogLines(_ id: JobID) async throws -> Int64 {
        try await logs(id, after: 0, limit: 1).first.map { $0.number - 1 } ?? 0
    }

    /// Waits until a job has log lines after the given number or has ended, then returns the lines.
    ///
    /// The wait lasts at most `seconds` or ``EngineConfiguration/slowPollSeconds``, whichever is less. Then the lines may
    /// be empty.
    ///
    /// - Throws: ``LonghaulError`` `not_found`; `CancellationError`.
    public func waitForLogs(
        _ id: JobID, after number: Int64, limit: Int, seconds: Double
    ) async throws -> [StoredLogLine] {
        let end = endWaiters.register(id)
        let lineSignal = logWaiters.register(id)
        defer {
            endWaiters.forget(id, end)
            logWaiters.forget(id, lineSignal)
        }
        let lines = try await logs(id, after: number, limit: limit)
        guard lines.isEmpty, let job = try await store.job(id), !job.state.isFinal else { return lines }
        // Another server may store the lines. So the wait reads the store at intervals.
        let deadline = time.now().adding(seconds: min(seconds, configuration.slowPollSeconds))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for signal in [end, lineSignal] {
                group.addTask { [time] in try await signal.wait(until: deadline, time: time) }
            }
            _ = try await group.next()
            group.cancelAll()
        }
        return try await logs(id, after: number, limit: limit)
    }

    /// Cancels a job and its descendants that have not ended. The answer to the next heartbeat of a worker lists the
    /// cancelled jobs that it runs.
    ///
    /// The call cancels the job first, then its descendants in several transactions. If it fails in between, the same
    /// call cancels the other descendants, and throws `conflict` because the job has ended.
    ///
    /// - Parameter children: whether to cancel the descendants as well.
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if it has ended.
    public func cancel(_ id: JobID, children: Bool = true) async throws -> Job {
        guard let answer = await store.cancel([id]).first else {
            throw LonghaulError.noAnswer
        }
        if children, try await isCancelled(id, answer) {
            let limit = Self.cancelBatchSize
            while try await store.cancelDescendants(of: id, limit: limit) == limit {}
        }
        return try answer.get()
    }

    /// The maximum number of descendants that one transaction cancels.
    private static let cancelBatchSize = 100

    private func isCancelled(_ id: JobID, _ answer: Result<Job, LonghaulError>) async throws -> Bool {
        guard case .failure(let error) = answer else { return true }
        guard error.code == .conflict else { return false }
        return try await store.job(id)?.state == .cancelled
    }

    /// Makes a `failed`, `cancelled` or `retrying` job pending, and counts its attempts from zero.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` in any other state.
    public func retry(_ id: JobID) async throws -> Job {
        try await single(store.retry([id]))
    }

    /// Makes a `scheduled` or `retrying` job due now. Its attempts remain.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` in any other state.
    public func runNow(_ id: JobID) async throws -> Job {
        try await store.runNow(id)
    }

    /// Changes the priority, the time or the tags of a job that is not leased and has not ended.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if the job is leased or has ended, or for a new time of a suspended
    ///   job; `invalid_request` if it would have too many tags.
    public func edit(_ id: JobID, _ edit: JobEdit) async throws -> Job {
        try await store.edit(id, edit)
    }

    /// Deletes an ended job and its artifacts.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if it has not ended.
    public func delete(_ id: JobID) async throws {
        try await single(store.delete([id]))
        // The job is deleted. The next sweep removes files that cannot be removed now.
        try? await artifacts.removeAll(of: id)
    }

    /// The answer of the store to a call with a single entry.
    func single<Value>(_ answers: [Result<Value, LonghaulError>]) throws -> Value {
        guard let answer = answers.first else { throw LonghaulError.noAnswer }
        return try answer.get()
    }

    /// An artifact of a completed job, and the location of its file.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func artifact(_ id: JobID, name: String) async throws -> (Artifact, ArtifactLocation) {
        guard let job = try await store.job(id) else { throw LonghaulError.noJob(id) }
        guard let artifact = job.artifacts.first(where: { $0.name == name }) else {
            throw LonghaulError(.notFound, "job \(id) has no artifact \"\(name.prefix(100))\"")
        }
        let folder = ArtifactFolder(jobID: id, fence: artifact.fence)
        return (artifact, try await artifacts.locate(folder, name: name))
    }
}
