public import LonghaulCore
public import LonghaulJSON
import LonghaulStoreRules

/// Submitting and working.
extension MemoryStore {
    /// Stores new jobs, all in one transaction.
    public func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        try write { verbs in
            try verbs.submit(submissions, allOrNothing: allOrNothing).map { outcome in
                try outcome.mapJob { job in try verbs.row(job.id).map(verbs.family) ?? job }
            }
        }
    }

    /// Leases pending jobs to a worker.
    public func claim(_ request: LeaseRequest) async throws -> [Lease] {
        try write { try $0.claim(request) }
    }

    /// Leases these jobs to a worker, if they are still pending and fit the request.
    public func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease] {
        try write { try $0.claim(ids, for: request) }
    }

    /// Renews leases and records progress.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try write { try $0.heartbeat(heartbeat) }
    }

    /// Ends attempts with success.
    public func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        writeEach(completions) { try $0.complete($1) }
    }

    /// Ends attempts with an error.
    public func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>] {
        writeEach(failures) { try $0.fail($1) }
    }

    /// Releases jobs unfinished.
    public func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>] {
        writeEach(tokens) { try $0.release($1) }
    }

    /// Removes a worker; returns the leases that it still holds.
    public func forgetWorker(_ id: String) async throws -> [LeaseToken]? {
        try write { $0.base.forgetWorker(id) }
    }

    /// Throws `lease_lost` unless the token's lease is the job's current lease.
    public func verify(_ token: LeaseToken) async throws {
        _ = try held(by: token)
    }

    /// The artifacts of the token's attempt besides the one of this name.
    public func artifactUsage(_ token: LeaseToken, besides name: String) async throws -> AttachmentUsage {
        try held(by: token).artifactUsage(besides: name)
    }

    /// Adds lines to a job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try write { try $0.appendLogs(token, lines) }
    }

    /// Records a file that an attempt stored.
    public func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws {
        try write { try $0.putArtifact(token, artifact) }
    }

    /// The output of a checkpoint; nil if none was written.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try held(by: token).steps[name]
    }

    /// Writes a checkpoint, once.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try write { try $0.putStep(token, name: name, output: output) }
    }
}
