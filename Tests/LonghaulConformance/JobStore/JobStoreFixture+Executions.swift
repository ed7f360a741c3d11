import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

/// Short forms of calls for state machines and their executions.
extension JobStoreFixture {
    /// Writes a record without a condition.
    func put(_ key: RecordKey, _ value: String) async throws {
        #expect(try await store.write([RecordWrite(key, json(value))], starting: nil) == .written(nil))
    }

    /// The value of a record; nil if there is none.
    func value(_ key: RecordKey) async throws -> String? { try await store.record(key)?.value.description }

    /// The names of the records of a space and a job.
    func names(_ space: RecordSpace, of id: JobID? = nil) async throws -> [String] {
        try await store.records(RecordRange(space, of: id, limit: 10_000)).map(\.key.name)
    }

    /// The submission of an execution.
    func execution(_ change: (inout Submission) -> Void = { _ in }) -> Submission {
        submission(JobSpec.executionKind) {
            $0.spec.queue = JobSpec.executionQueue
            change(&$0)
        }
    }

    /// Starts an execution with a record of its name.
    @discardableResult
    func start(
        _ name: String = "run", _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> JobID {
        let submission = execution(change)
        let write = RecordWrite(RecordKey(.execution, name), json("1"), if: .absent)
        let outcome = try await store.write([write], starting: submission)
        guard case .written(let job?) = outcome else { throw Unexpected(outcome) }
        return job.id
    }

    /// Leases the next execution.
    func leaseExecution() async throws -> Lease {
        try await lease {
            $0.queues = [JobSpec.executionQueue]
            $0.kinds = [JobSpec.executionKind]
            $0.leaseSeconds = 10_000
        }
    }

    /// Starts an execution and leases it.
    func started(
        _ name: String = "run", _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> (id: JobID, token: LeaseToken) {
        let id = try await start(name, change)
        return (id, try await leaseExecution().token)
    }

    /// Stores a step after which the runner keeps the lease.
    func hold(
        _ token: LeaseToken, _ end: ExecutionAdvance.End = .proceed,
        _ change: (inout ExecutionAdvance) -> Void = { _ in }
    ) async throws {
        var advance = ExecutionAdvance(end)
        change(&advance)
        let outcome = try await store.advance(token, advance)
        guard case .held = outcome else { throw Unexpected(outcome) }
    }

    /// Stores a step that ends the lease.
    @discardableResult
    func leave(
        _ token: LeaseToken, _ end: ExecutionAdvance.End = .wait(until: nil, for: []),
        _ change: (inout ExecutionAdvance) -> Void = { _ in }
    ) async throws -> Job {
        var advance = ExecutionAdvance(end)
        change(&advance)
        let outcome = try await store.advance(token, advance)
        guard case .released(let job) = outcome else { throw Unexpected(outcome) }
        return job
    }

    /// The reports that a runner reads.
    func reports(_ token: LeaseToken) async throws -> [StoredReport] {
        try await store.execution(token, withParts: false).reports.map { try StoredReport($0) }
    }

    /// A child job under a task.
    func child(_ task: String, _ change: (inout Submission) -> Void = { _ in }) -> Submission {
        submission("child") {
            $0.parentOperation = task
            $0.spec.maxAttempts = 1
            change(&$0)
        }
    }

    /// Leases the next child job.
    func leaseChild() async throws -> Lease { try await lease { $0.kinds = ["child"] } }
}
