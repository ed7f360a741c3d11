import LonghaulCore
import LonghaulJSON
import Synchronization

/// A moment at which a test lets the worker die: before or after a commit.
public struct CrashPoint: Sendable, Hashable, CustomStringConvertible {
    /// The number of the commit, from 1. The updates of a journal, suspensions and the ends of attempts are commits.
    public var commit: Int
    /// Whether the server has stored the commit, and only its answer is lost.
    public var isStored: Bool

    /// The moment before a commit.
    public static func before(_ commit: Int) -> CrashPoint { CrashPoint(commit: commit, isStored: false) }
    /// The moment after a commit.
    public static func after(_ commit: Int) -> CrashPoint { CrashPoint(commit: commit, isStored: true) }

    /// `before commit 3`.
    public var description: String { "\(isStored ? "after" : "before") commit \(commit)" }
}

/// The death of a simulated worker.
struct WorkerCrash: Error {}

/// Counts commits, and lets the worker die at the planned ones.
final class CommitCounter: Sendable {
    private struct State {
        var count = 0
        var points: Set<CrashPoint> = []
    }

    private let state = Mutex(State())

    /// The number of commits so far.
    var count: Int { state.withLock(\.count) }

    func plan(_ points: [CrashPoint]) {
        state.withLock { $0.points.formUnion(points) }
    }

    /// Performs a commit.
    ///
    /// - Throws: ``WorkerCrash`` at a planned point.
    func commit<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        let (number, diesBefore) = state.withLock { state in
            state.count += 1
            return (state.count, state.points.contains(.before(state.count)))
        }
        if diesBefore { throw WorkerCrash() }
        let answer = try await call()
        if state.withLock({ $0.points.contains(.after(number)) }) { throw WorkerCrash() }
        return answer
    }
}

/// The calls of a simulated worker.
struct CrashingGateway: WorkerGateway {
    let engine: any WorkerGateway
    let commits: CommitCounter

    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation] {
        try await commits.commit { try await engine.updateJournal(token, updates) }
    }

    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await commits.commit { try await engine.suspend(token, on: ids) }
    }

    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await commits.commit { try await engine.continueAsNew(token, payload: payload) }
    }

    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        try await commits.commit { try await engine.complete(completions) }
    }

    func fail(_ failure: Failure) async throws -> Job {
        try await commits.commit { try await engine.fail(failure) }
    }

    func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        try await engine.journal(token, after: number)
    }

    func lease(_ request: LeaseRequest) async throws -> [Lease] { try await engine.lease(request) }

    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await engine.heartbeat(heartbeat)
    }

    func release(_ token: LeaseToken) async throws -> Job { try await engine.release(token) }

    func deregister(_ workerID: String) async throws -> [JobID] { try await engine.deregister(workerID) }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        try await engine.appendLogs(token, lines)
    }

    func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        try await engine.putArtifact(token, name: name, contentType: contentType, path: path)
    }

    func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await engine.step(token, name: name)
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await engine.putStep(token, name: name, output: output)
    }
}
