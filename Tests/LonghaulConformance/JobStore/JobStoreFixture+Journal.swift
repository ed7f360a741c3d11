import LonghaulCore
import LonghaulTestSupport
import Testing

/// Short forms of calls for durable jobs.
extension JobStoreFixture {
    /// An update of an operation. The name of the operation is that of its type unless `change` sets it.
    func update(
        _ action: OperationUpdate.Action, _ type: OperationType, _ id: String,
        _ change: (inout OperationUpdate) -> Void = { _ in }
    ) -> StoreOperationUpdate {
        var update = OperationUpdate(action, type, id: id, name: type.rawValue)
        change(&update)
        return StoreOperationUpdate(update)
    }

    /// The start of an operation with a child job.
    func startChild(_ id: String, _ submission: Submission) -> StoreOperationUpdate {
        StoreOperationUpdate(OperationUpdate(.start, .job, id: id, name: "job"), submission: submission)
    }

    /// Updates a journal.
    @discardableResult
    func journal(_ token: LeaseToken, _ updates: StoreOperationUpdate...) async throws -> [JournalOperation] {
        try await store.updateJournal(token, updates)
    }

    /// Updates one operation.
    @discardableResult
    func operation(
        _ token: LeaseToken, _ action: OperationUpdate.Action, _ type: OperationType, _ id: String,
        _ change: (inout OperationUpdate) -> Void = { _ in }
    ) async throws -> JournalOperation {
        try #require(try await store.updateJournal(token, [update(action, type, id, change)]).first)
    }

    /// Runs a step to its end.
    @discardableResult
    func step(_ token: LeaseToken, _ id: String, _ output: String = "null") async throws -> JournalOperation {
        let operations = try await journal(
            token, update(.start, .step, id), update(.succeed, .step, id) { $0.output = json(output) })
        return try #require(operations.last)
    }

    /// The journal of a job.
    func operations(_ id: JobID) async throws -> [JournalOperation] {
        try #require(try await store.journal(of: id, after: 0, limit: 1000)).operations
    }

    /// An operation of a job; nil if there is none.
    func operation(_ id: JobID, _ operation: String) async throws -> JournalOperation? {
        try await operations(id).first { $0.id == operation }
    }

    /// Suspends a job, which must be possible.
    @discardableResult
    func suspend(_ token: LeaseToken, on ids: String...) async throws -> Job {
        let outcome = try await store.suspend(token, on: ids)
        guard case .suspended(let job) = outcome else { throw Unexpected(outcome) }
        return job
    }

    /// The operations that a suspension finds ended.
    func ready(_ token: LeaseToken, on ids: String...) async throws -> [String] {
        let outcome = try await store.suspend(token, on: ids)
        guard case .ready(let ids) = outcome else { throw Unexpected(outcome) }
        return ids
    }

    /// Sends a signal.
    @discardableResult
    func signal(
        _ id: JobID, _ name: String = "signal", _ value: String = "null", key: UInt8? = nil
    ) async throws -> Bool {
        try await store.signal(id, Signal(name: name, value: json(value), key: key.map(digest)))
    }

    /// Moves the clock and runs maintenance.
    func pass(_ seconds: Double) async throws {
        time.advance(seconds: seconds)
        _ = try await store.maintain(limit: 100)
    }

    /// A new job of kind `durable` and its lease.
    func durable(_ change: (inout Submission) -> Void = { _ in }) async throws -> (id: JobID, lease: Lease) {
        let job = try await submit("durable", change)
        return (job.id, try await leaseDurable())
    }

    /// The lease of the next job of kind `durable`.
    func leaseDurable() async throws -> Lease {
        try await lease {
            $0.kinds = ["durable"]
            $0.leaseSeconds = 10_000
        }
    }
}
