import LonghaulCore
import LonghaulMemory
import LonghaulStore
import Synchronization

/// The memory driver with hooks, so that a test decides what happens between a commit and its answer.
final class HookedDriver: StoreDriver {
    /// Called with each call that writes.
    typealias Hook = @Sendable (StoreCall?) async throws -> Void

    private struct Hooks {
        var beforeWrite: Hook?
        var afterWrite: Hook?
        var afterRead: (@Sendable () async throws -> Void)?
    }

    private let inner = MemoryStore.openDriver(MemoryDatabase()).driver
    private let hooks = Mutex(Hooks())

    /// Sets what happens before each write.
    func beforeWrite(_ hook: Hook?) { hooks.withLock { $0.beforeWrite = hook } }

    /// Sets what happens after each commit, before its answer.
    func afterWrite(_ hook: Hook?) { hooks.withLock { $0.afterWrite = hook } }

    /// Sets what happens after each read, before its answer.
    func afterRead(_ hook: (@Sendable () async throws -> Void)?) { hooks.withLock { $0.afterRead = hook } }

    func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await hooks.withLock(\.beforeWrite)?(plan.call)
        let value = try await inner.write(plan, body)
        try await hooks.withLock(\.afterWrite)?(plan.call)
        return value
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        let value = try await inner.read(body)
        try await hooks.withLock(\.afterRead)?()
        return value
    }

    func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) { inner.observe(observer) }
    func configure(_ limits: StoreLimits) { inner.configure(limits) }
    var outageTotals: OutageTotals { inner.outageTotals }
    func close() async { await inner.close() }
}

/// Lets the first of several callers through.
final class Once: Sendable {
    private let isUsed = Atomic(false)

    /// True for the first call.
    func use() -> Bool { !isUsed.exchange(true, ordering: .relaxed) }
}
