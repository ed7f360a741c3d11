import LonghaulCore
import LonghaulJSON

/// A gateway that a test can interrupt: a hook gets the call and decides when, how often and whether it reaches the inner
/// gateway.
struct HookedGateway: WorkerGateway {
    let inner: any WorkerGateway
    var onLease: @Sendable (LeaseRequest, any WorkerGateway) async throws -> [Lease] = {
        try await $1.lease($0)
    }
    var onHeartbeat: @Sendable (Heartbeat, any WorkerGateway) async throws -> HeartbeatOutcome = {
        try await $1.heartbeat($0)
    }
    var onComplete: @Sendable ([Completion], any WorkerGateway) async throws -> [Result<Job, LonghaulError>] =
        {
            try await $1.complete($0)
        }
    var onFail: @Sendable (Failure, any WorkerGateway) async throws -> Job = { try await $1.fail($0) }
    var onRelease: @Sendable (LeaseToken, any WorkerGateway) async throws -> Job = {
        try await $1.release($0)
    }
    var onDeregister: @Sendable (String, any WorkerGateway) async throws -> [JobID] = {
        try await $1.deregister($0)
    }
    var onLogs: @Sendable (LeaseToken, [LogLine], any WorkerGateway) async throws -> Void = {
        try await $2.appendLogs($0, $1)
    }

    init(_ inner: any WorkerGateway) {
        self.inner = inner
    }

    func lease(_ request: LeaseRequest) async throws -> [Lease] { try await onLease(request, inner) }

    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await onHeartbeat(heartbeat, inner)
    }

    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        try await onComplete(completions, inner)
    }

    func fail(_ failure: Failure) async throws -> Job { try await onFail(failure, inner) }

    func release(_ token: LeaseToken) async throws -> Job { try await onRelease(token, inner) }

    func deregister(_ workerID: String) async throws -> [JobID] { try await onDeregister(workerID, inner) }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await onLogs(token, lines, inner)
    }

    func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        try await inner.putArtifact(token, name: name, contentType: contentType, path: path)
    }

    func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await inner.step(token, name: name)
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await inner.putStep(token, name: name, output: output)
    }

    func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await inner.journal(token, after: number)
    }

    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation] {
        try await inner.updateJournal(token, updates)
    }

    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await inner.suspend(token, on: ids)
    }

    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await inner.continueAsNew(token, payload: payload)
    }
}

extension LonghaulError {
    /// The error of a call that a test interrupts.
    static let interrupted = LonghaulError(.unavailable, "the connection broke")
}
