import LonghaulCore
import LonghaulJSON
import Synchronization

/// The death of a simulated server.
struct ServerCrash: Error {}

/// Lets the server die before or after calls of the store.
final class CrashPlan: Sendable {
    private struct State {
        var calls = 0
        var before: Set<Int> = []
        var after: Set<Int> = []
        var beforeEnd: (@Sendable () async throws -> Void)?
    }

    private let state = Mutex(State())

    /// The number of calls so far.
    var calls: Int { state.withLock(\.calls) }

    /// Lets the server die before, or after, calls with these numbers, from 1.
    func plan(before: Set<Int> = [], after: Set<Int> = []) {
        state.withLock { state in
            state.before = before
            state.after = after
        }
    }

    /// Does something else just before the next commit that cancels an execution.
    func plan(beforeEnd body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.beforeEnd = body }
    }

    func willAdvance(_ advance: ExecutionAdvance) async throws {
        guard case .cancel = advance.end else { return }
        let body = state.withLock { state in
            defer { state.beforeEnd = nil }
            return state.beforeEnd
        }
        try await body?()
    }

    /// Counts a call, and performs it.
    func perform<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        let (dies, number) = state.withLock { state in
            state.calls += 1
            return (state.before.remove(state.calls) != nil, state.calls)
        }
        if dies { throw ServerCrash() }
        let answer = try await call()
        if state.withLock({ $0.after.remove(number) != nil }) { throw ServerCrash() }
        return answer
    }
}

/// The store as a server sees it that may die.
struct CrashingStore: ExecutionStore {
    private let store: any ExecutionStore
    private let plan: CrashPlan

    init(_ store: any ExecutionStore, _ plan: CrashPlan) {
        self.store = store
        self.plan = plan
    }

    func record(_ key: RecordKey) async throws -> KeyedRecord? { try await store.record(key) }

    func records(_ range: RecordRange) async throws -> [KeyedRecord] { try await store.records(range) }

    func write(_ writes: [RecordWrite], starting execution: Submission?) async throws -> RecordOutcome {
        // The callers of operations do not die.
        guard execution?.parentID != nil else { return try await store.write(writes, starting: execution) }
        return try await plan.perform { try await store.write(writes, starting: execution) }
    }

    func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState {
        try await plan.perform { try await store.execution(token, withParts: withParts) }
    }

    func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome {
        try await plan.willAdvance(advance)
        return try await plan.perform { try await store.advance(token, advance) }
    }

    func report(_ report: ExecutionReport, to id: JobID) async throws {
        try await store.report(report, to: id)
    }

    func report(_ call: TaskCall) async throws { try await store.report(call) }
}
