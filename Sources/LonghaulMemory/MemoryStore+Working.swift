public import LonghaulCore
public import LonghaulJSON

/// Submitting and working.
extension MemoryStore {
    /// Stores new jobs, all in one transaction.
    public func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        if database.flaw == .earlyDepthCheck || database.flaw == .earlyKeyCheck {
            return try await submitUnseen(submissions, allOrNothing: allOrNothing)
        }
        return try write { $0.submit(submissions, allOrNothing: allOrNothing) }
    }

    /// Gives pending jobs to a worker.
    public func claim(_ request: LeaseRequest) async throws -> [Lease] {
        if database.flaw == .blindClaim { return try await claimUnseen(request) }
        return try write { $0.claim(request) }
    }

    /// Gives these jobs to a worker, where they are still pending and fit the request.
    public func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease] {
        try write { $0.claim(ids, for: request) }
    }

    /// Renews leases and keeps progress.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try write { $0.heartbeat(heartbeat) }
    }

    /// Ends attempts with success.
    public func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        writeEach(completions) { transaction, entry throws(LonghaulError) in try transaction.complete(entry) }
    }

    /// Ends attempts with a fault.
    public func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>] {
        writeEach(failures) { transaction, entry throws(LonghaulError) in try transaction.fail(entry) }
    }

    /// Gives jobs back unfinished.
    public func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>] {
        writeEach(tokens) { transaction, entry throws(LonghaulError) in try transaction.release(entry) }
    }

    /// Forgets a worker; answers the leases that it still holds.
    public func forgetWorker(_ id: String) async throws -> [LeaseToken]? {
        try write { $0.forgetWorker(id) }
    }

    /// Throws `lease_lost` unless the token's lease is the job's present one.
    public func verify(_ token: LeaseToken) async throws {
        _ = try held(by: token)
    }

    /// Adds lines to a job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try write { transaction throws(LonghaulError) in try transaction.appendLogs(token, lines) }
    }

    /// Keeps the facts of a file that an attempt left.
    public func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws {
        try write { transaction throws(LonghaulError) in try transaction.putArtifact(token, artifact) }
    }

    /// The output of a checkpoint; nil if none was written.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try held(by: token).steps[name]
    }

    /// Writes a checkpoint, once.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try write { transaction throws(LonghaulError) in
            try transaction.putStep(token, name: name, output: output)
        }
    }
}
