public import LonghaulCore
public import LonghaulJSON
import LonghaulStoreRules

/// Submitting and working.
extension PostgresStore {
    /// Stores new jobs, all in one transaction.
    public func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        let outcomes = try await write(
            weight: submissions.reduce(0) { $0 + $1.weight }, isSeparable: true,
            needs: { Needs(submissions) }
        ) { transaction in
            try transaction.submit(submissions, allOrNothing: allOrNothing)
        }
        guard outcomes.contains(where: \.mayHaveFamily) else { return outcomes }
        // The jobs are stored. Without an answer to the read, the caller learns that at least.
        return (try? await read { try $0.families(of: outcomes) }) ?? outcomes
    }

    /// Gives pending jobs to a worker.
    public func claim(_ request: LeaseRequest) async throws -> [Lease] {
        try await write(weight: request.maxJobs) { try $0.claim(request) }
    }

    /// Gives these jobs to a worker, where they are still pending and fit the request.
    public func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease] {
        try await write(weight: ids.count, needs: { Needs(ids: ids) }) { try $0.claim(ids, for: request) }
    }

    /// Renews leases and keeps progress.
    public func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await write(
            weight: heartbeat.beats.count, needs: { Needs(ids: heartbeat.beats.map(\.token.jobID)) }
        ) { try $0.heartbeat(heartbeat) }
    }

    /// Ends attempts with success.
    public func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        await writeEach(
            completions, weight: completions.reduce(0) { $0 + $1.weight }, isSeparable: true,
            needs: {
                completions.reduce(into: Needs(ids: completions.map(\.token.jobID))) {
                    if !$1.next.isEmpty { $0 = $0 + Needs($1.next) }
                }
            }
        ) { try $0.complete($1) }
    }

    /// Ends attempts with a fault.
    public func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>] {
        await writeEach(failures, needs: { Needs(ids: failures.map(\.token.jobID)) }) { try $0.fail($1) }
    }

    /// Gives jobs back unfinished.
    public func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>] {
        await writeEach(tokens, needs: { Needs(ids: tokens.map(\.jobID)) }) { try $0.release($1) }
    }

    /// Forgets a worker; answers the leases that it still holds, also those that were on their way to it.
    public func forgetWorker(_ id: String) async throws -> [LeaseToken]? {
        let wasKnown = try await write { try $0.workers.forget(id, in: $0) }
        // After the commit, and so after those of all earlier calls for work.
        let held = try await read { try $0.held(by: id) }
        return wasKnown || !held.isEmpty ? held : nil
    }

    /// Throws `lease_lost` unless the token's lease is the job's present one.
    public func verify(_ token: LeaseToken) async throws {
        try await read { _ = try $0.held(by: token) }
    }

    /// The artifacts of the token's attempt besides the one of this name.
    public func artifactUsage(_ token: LeaseToken, besides name: String) async throws -> AttachmentUsage {
        try await read {
            try AttachmentQueries.artifacts(of: try $0.held(by: token), besides: [name], $0.connection)
        }
    }

    /// Adds lines to a job's log.
    public func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await write(weight: lines.count, needs: { Needs(ids: [token.jobID]) }) {
            try $0.appendLogs(token, lines)
        }
    }

    /// Keeps the facts of a file that an attempt left.
    public func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws {
        try await write(needs: { Needs(ids: [token.jobID]) }) { try $0.putArtifact(token, artifact) }
    }

    /// The output of a checkpoint; nil if none was written.
    public func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await read { try $0.step(token, name: name) }
    }

    /// Writes a checkpoint, once.
    public func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await write(needs: { Needs(ids: [token.jobID]) }) {
            try $0.putStep(token, name: name, output: output)
        }
    }
}
