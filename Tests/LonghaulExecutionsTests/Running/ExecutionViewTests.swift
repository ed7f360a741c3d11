import LonghaulCore
import LonghaulExecutions
import Synchronization
import Testing

/// Executions as callers of Longhaul's own API see them.
struct ExecutionViewTests {
    /// The parts of an execution are deleted at its end. A reader may have read the job before.
    @Test func executionThatEndsWhileItIsReadHasNoOpenStates() async throws {
        let test = ExecutionTest()
        let machine = try await test.create(
            "m", #"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}}"#)
        let arn = try await test.start(machine)
        try await test.runReady()
        let id = try #require(arn.split(separator: ":").last.flatMap { JobID(String($0)) })
        #expect(try await test.functions.execution(id).openStates?.map(\.name) == ["A"])
        let store = InterruptedStore(test.engine) { try await test.run() }
        let functions = StepFunctions(
            store: store, host: ExecutionHost(engine: test.engine), settings: test.settings, time: test.clock)
        #expect(try await functions.execution(id).openStates == [])
        #expect(try await test.functions.execution(id).status == .succeeded)
    }
}

/// A store that does something else before it reads the parts of an execution for the first time.
private final class InterruptedStore: ExecutionStore {
    private let store: any ExecutionStore
    private let body: @Sendable () async throws -> Void
    private let isInterrupted = Mutex(false)

    init(_ store: any ExecutionStore, _ body: @escaping @Sendable () async throws -> Void) {
        self.store = store
        self.body = body
    }

    func records(_ range: RecordRange) async throws -> [KeyedRecord] {
        let isFirst =
            range.space == .part
            && isInterrupted.withLock { isInterrupted in
                defer { isInterrupted = true }
                return !isInterrupted
            }
        if isFirst { try await body() }
        return try await store.records(range)
    }

    func record(_ key: RecordKey) async throws -> KeyedRecord? { try await store.record(key) }

    func write(_ writes: [RecordWrite], starting execution: Submission?) async throws -> RecordOutcome {
        try await store.write(writes, starting: execution)
    }

    func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState {
        try await store.execution(token, withParts: withParts)
    }

    func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome {
        try await store.advance(token, advance)
    }

    func report(_ report: ExecutionReport, to id: JobID) async throws {
        try await store.report(report, to: id)
    }

    func report(_ call: TaskCall) async throws { try await store.report(call) }
}
