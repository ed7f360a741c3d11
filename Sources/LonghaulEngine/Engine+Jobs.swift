public import LonghaulCore
import Synchronization

extension Engine {
    /// A job, with its place in the queue while it is pending.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func job(_ id: JobID) async throws -> Job {
        guard var job = try await store.job(id) else { throw LonghaulError.noJob(id) }
        if job.state == .pending, let position = try await store.position(of: id) {
            job.position = position
            let now = time.now()
            if !book.isPaused(job.spec.queue), let rate = meter.drainRate(of: job.spec.queue, at: now) {
                job.estimatedStartAt = now.adding(seconds: Double(position + 1) / rate)
            }
        }
        return job
    }

    /// Waits until a job has ended, at the longest so many seconds, and answers the job as it then stands.
    ///
    /// - Throws: ``LonghaulError`` `not_found`; `CancellationError`.
    public func wait(for id: JobID, seconds: Double) async throws -> Job {
        let deadline = time.now().adding(seconds: seconds)
        while true {
            // Registered before the job is read, so that an end in between is not missed.
            let signal = ends.register(id)
            defer { ends.forget(id, signal) }
            let job = try await job(id)
            let now = time.now()
            if job.state.isFinal || now >= deadline { return job }
            // Another process may end the job: the store is asked again from time to time.
            let poll = min(deadline, now.adding(seconds: configuration.slowPollSeconds))
            _ = try await signal.wait(until: poll, time: time)
        }
    }

    /// A page of jobs, newest first.
    public func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading = JobReading()
    ) async throws -> JobPage {
        try await store.jobs(filter, after: cursor, limit: limit, reading: reading)
    }

    /// A page of a job's children, newest first.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func children(
        of id: JobID, _ filter: JobFilter, after cursor: JobCursor?, limit: Int,
        reading: JobReading = JobReading()
    ) async throws -> JobPage {
        var filter = filter
        filter.parentID = id
        return try await relatives(of: id, filter, after: cursor, limit: limit, reading: reading)
    }

    /// A page of the jobs that depend on a job, newest first: those that wait for it, and those that no longer do.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func dependents(
        of id: JobID, _ filter: JobFilter, after cursor: JobCursor?, limit: Int,
        reading: JobReading = JobReading()
    ) async throws -> JobPage {
        var filter = filter
        filter.dependencyID = id
        return try await relatives(of: id, filter, after: cursor, limit: limit, reading: reading)
    }

    private func relatives(
        of id: JobID, _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage {
        guard try await store.job(id) != nil else { throw LonghaulError.noJob(id) }
        return try await jobs(filter, after: cursor, limit: limit, reading: reading)
    }

    /// What happened to a job after the given version, oldest first.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange] {
        guard let changes = try await store.history(id, afterVersion: version) else {
            throw LonghaulError.noJob(id)
        }
        return changes
    }

    /// A job's log lines after the given number.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine] {
        guard let lines = try await store.logs(id, after: number, limit: limit) else {
            throw LonghaulError.noJob(id)
        }
        return lines
    }

    /// How many of a job's earliest log lines are no longer kept.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func droppedLogLines(_ id: JobID) async throws -> Int64 {
        try await logs(id, after: 0, limit: 1).first.map { $0.number - 1 } ?? 0
    }

    /// Waits until a job has log lines after the given number or has ended, for a while, at the longest so many
    /// seconds, and answers the lines.
    ///
    /// - Throws: ``LonghaulError`` `not_found`; `CancellationError`.
    public func waitForLogs(
        _ id: JobID, after number: Int64, limit: Int, seconds: Double
    ) async throws -> [StoredLogLine] {
        let end = ends.register(id)
        let signal = logLines.register(id)
        defer {
            ends.forget(id, end)
            logLines.forget(id, signal)
        }
        let lines = try await logs(id, after: number, limit: limit)
        guard lines.isEmpty, let job = try await store.job(id), !job.state.isFinal else { return lines }
        // Another server may be given the lines: the store is asked again from time to time.
        let deadline = time.now().adding(seconds: min(seconds, configuration.slowPollSeconds))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for signal in [end, signal] {
                group.addTask { [time] in try await signal.wait(until: deadline, time: time) }
            }
            _ = try await group.next()
            group.cancelAll()
        }
        return try await logs(id, after: number, limit: limit)
    }

    /// Cancels a job, and its descendants that have not ended. A worker that runs one is told at its next
    /// heartbeat.
    ///
    /// The job itself comes first. If the call breaks off, the same call again cancels what is left of the
    /// descendants, and then answers that the job has ended.
    ///
    /// - Parameter children: whether the descendants are cancelled as well.
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if it has ended.
    public func cancel(_ id: JobID, children: Bool = true) async throws -> Job {
        guard let answer = await store.cancel([id]).first else {
            throw LonghaulError(.internal, "the store answered nothing")
        }
        if children, try await isCancelled(id, answer) {
            while try await store.cancelDescendants(of: id, limit: Self.cancelsAtOnce) == Self.cancelsAtOnce {
            }
        }
        return try answer.get()
    }

    /// How many descendants one transaction cancels.
    private static let cancelsAtOnce = 100

    private func isCancelled(_ id: JobID, _ answer: Result<Job, LonghaulError>) async throws -> Bool {
        guard case .failure(let error) = answer else { return true }
        guard error.code == .conflict else { return false }
        return try await store.job(id)?.state == .cancelled
    }

    /// Makes a `failed`, `cancelled` or `retrying` job pending, its attempts counted afresh.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` in any other state.
    public func retry(_ id: JobID) async throws -> Job {
        try await only(store.retry([id]))
    }

    /// Removes an ended job with its files.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if it has not ended.
    public func delete(_ id: JobID) async throws {
        try await only(store.delete([id]))
        // The job is gone with its commit; files that cannot be removed now are left to the sweep.
        try? await artifacts.removeAll(of: id)
    }

    /// The answer to the only entry of a call.
    func only<Value>(_ answers: [Result<Value, LonghaulError>]) throws -> Value {
        guard let answer = answers.first else { throw LonghaulError(.internal, "the store answered nothing") }
        return try answer.get()
    }

    /// Where the file of a completed job can be read, and what is known of it.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func artifact(_ id: JobID, name: String) async throws -> (Artifact, ArtifactLocation) {
        guard let job = try await store.job(id) else { throw LonghaulError.noJob(id) }
        guard let artifact = job.artifacts.first(where: { $0.name == name }) else {
            throw LonghaulError(.notFound, "the job has no artifact of this name")
        }
        let folder = ArtifactFolder(jobID: id, fence: artifact.fence)
        return (artifact, try await artifacts.locate(folder, name: name))
    }
}
