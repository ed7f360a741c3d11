import Synchronization

/// The calls whose answers are held, such as long polls. A stopping server interrupts them, so that they answer with the
/// present state.
final class HeldCalls: Sendable {
    private struct State {
        var isInterrupted = false
        var nextKey: UInt64 = 0
        var cancels: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Whether the server is stopping.
    var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    /// Runs a held call. Returns nil if it was interrupted.
    func hold<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let task = Task(operation: body)
        let cancel: @Sendable () -> Void = { task.cancel() }
        let key = state.withLock { state -> UInt64? in
            if state.isInterrupted { return nil }
            state.nextKey += 1
            state.cancels[state.nextKey] = cancel
            return state.nextKey
        }
        if key == nil { task.cancel() }
        defer {
            if let key { state.withLock { _ = $0.cancels.removeValue(forKey: key) } }
        }
        return try await withTaskCancellationHandler {
            do {
                return try await task.value
            } catch is CancellationError where !Task.isCancelled {
                return nil
            }
        } onCancel: {
            task.cancel()
        }
    }

    /// Interrupts every held call, and every later one.
    func interrupt() {
        let cancels = state.withLock { state in
            state.isInterrupted = true
            return Array(state.cancels.values)
        }
        for cancel in cancels { cancel() }
    }
}
