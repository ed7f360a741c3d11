public import LonghaulCore
public import LonghaulJSON

/// Submitting and working.
extension SQLiteStore {
    public func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        try await write(weight: submissions.count) { transaction in
            try transaction.submit(submissions, allOrNothing: allOrNothing)
        }
    }

    public func claim(_ request: LeaseRequest) async throws -> [Lease] {
        try await write(weight: request.maxJobs) { try $0.claim(request) }
    }

    public func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease] {
        try await write(weight: ids.count) { try $0.claim(ids, for: request) }
    }

    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await write(weight: heartbeat.beats.count) { try $0.heartbeat(heartbeat) }
    }

    public func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        await writeEach(completions) { try $0.complete($1) }
    }

    public func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>] {
        await writeEach(failures) { try $0.fail($1) }
    }

    public func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>] {
        await writeEach(tokens) { try $0.release($1) }
    }

    public func verify(_ token: LeaseToken) async throws {
        let now = time.now()
        try await read { _ = try $0.held(by: token, at: now) }
    }

    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await write(weight: lines.count) { try $0.appendLogs(token, lines) }
    }

    public func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws {
        try await write { try $0.putArtifact(token, artifact) }
    }

    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        let now = time.now()
        return try await read { try $0.step(at: $0.held(by: token, at: now).seq, name: name) }
    }

    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await write { try $0.putStep(token, name: name, output: output) }
    }
}
