import LonghaulCore
import LonghaulJSON
import Synchronization

/// A gateway in which every second call fails, alternately before and after it has taken effect.
final class FlakyGateway: WorkerGateway {
    private let inner: any WorkerGateway
    private let calls = Mutex(0)

    init(_ inner: any WorkerGateway) {
        self.inner = inner
    }

    private func flaky<Value>(_ call: () async throws -> Value) async throws -> Value {
        let number = calls.withLock { calls in
            calls += 1
            return calls
        }
        let fault = LonghaulError(.unavailable, "the connection broke")
        if number % 4 == 1 { throw fault }
        let value = try await call()
        if number % 4 == 3 { throw fault }
        return value
    }

    func lease(_ request: LeaseRequest) async throws -> [Lease] {
        // The jobs of a lost lease response would wait until their leases expire. So lease calls never fail after they
        // have taken effect.
        try await inner.lease(request)
    }

    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await flaky { try await inner.heartbeat(heartbeat) }
    }

    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        try await flaky { try await inner.complete(completions) }
    }

    func fail(_ failure: Failure) async throws -> Job {
        try await flaky { try await inner.fail(failure) }
    }

    func release(_ token: LeaseToken) async throws -> Job {
        try await flaky { try await inner.release(token) }
    }

    func deregister(_ workerID: String) async throws -> [JobID] {
        try await flaky { try await inner.deregister(workerID) }
    }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await flaky { try await inner.appendLogs(token, lines) }
    }

    func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        try await flaky {
            try await inner.putArtifact(token, name: name, contentType: contentType, path: path)
        }
    }

    func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await flaky { try await inner.step(token, name: name) }
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await flaky { try await inner.putStep(token, name: name, output: output) }
    }

    func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await flaky { try await inner.journal(token, after: number) }
    }

    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation] {
        try await flaky { try await inner.updateJournal(token, updates) }
    }

    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await flaky { try await inner.suspend(token, on: ids) }
    }

    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await flaky { try await inner.continueAsNew(token, payload: payload) }
    }
}
