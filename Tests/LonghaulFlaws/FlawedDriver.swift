package import LonghaulCore
package import LonghaulMemory
package import LonghaulStore

/// The memory driver with a flaw in one of its verbs.
package final class FlawedDriver: StoreDriver {
    private let inner: MemoryDriver
    private let flaw: Flaw

    /// A driver over an empty or used database.
    package init(_ database: MemoryDatabase, flaw: Flaw) {
        inner = MemoryStore.openDriver(database).driver
        self.flaw = flaw
    }

    package func write<Value: Sendable>(
        _ plan: WritePlan, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let context = FlawContext()
        context.call = plan.call
        return try inner.transact { try body(flaw.wrap($0, context: context)) }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Value
    ) async throws -> Value {
        try await inner.read(body)
    }

    package func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) { inner.observe(observer) }
    package func configure(_ limits: StoreLimits) { inner.configure(flaw.flawed(limits)) }
    package var outageTotals: OutageTotals { inner.outageTotals }
    package func close() async { await inner.close() }
}
