import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport

/// A gateway that records the log lines that it accepts, and returns leases. Other calls fail.
final class LogGateway: WorkerGateway {
    let accepted = Recorder<String>()
    private let problem: @Sendable ([LogLine]) -> LonghaulError?
    private let leases: @Sendable () -> [Lease]

    /// - Parameters:
    ///   - problem: the error for a batch of lines; nil accepts the batch.
    ///   - leases: the answer to a call for jobs.
    init(
        problem: @escaping @Sendable ([LogLine]) -> LonghaulError? = { _ in nil },
        leases: @escaping @Sendable () -> [Lease] = { [] }
    ) {
        self.problem = problem
        self.leases = leases
    }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        if let problem = problem(lines) { throw problem }
        accepted.add(contentsOf: lines.map(\.message))
    }

    private static let unused = LonghaulError(.internal, "not part of these tests")

    func lease(_ request: LeaseRequest) async throws -> [Lease] { leases() }
    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome { throw Self.unused }
    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        throw Self.unused
    }

    func journal(_ token: LeaseToken, after number: Int64) async throws -> JournalPage {
        throw Self.unused
    }

    func updateJournal(_ token: LeaseToken, _ updates: [OperationUpdate]) async throws -> [JournalOperation] {
        throw Self.unused
    }

    func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        throw Self.unused
    }

    func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        throw Self.unused
    }
    func fail(_ failure: Failure) async throws -> Job { throw Self.unused }
    func release(_ token: LeaseToken) async throws -> Job { throw Self.unused }
    func deregister(_ workerID: String) async throws -> [JobID] { throw Self.unused }
    func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact { throw Self.unused }
    func step(_ token: LeaseToken, name: String) async throws -> JSONText? { throw Self.unused }
    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        throw Self.unused
    }
}
