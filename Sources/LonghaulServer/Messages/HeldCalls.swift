import Synchronization

/// The calls whose answers are held, such as long polls. A stopping server interrupts them, so that they answer with the
/// present state.
final class HeldCalls: Sendable {
    private struct State {
        var isInterrupted = false
        var nextKey: UInt64 = 0
        var calls: [UInt64: Call] = [:]
    }

    private struct Call {
        /// The API key of the caller; nil without one.
        let keyID: String?
        let cancel: @Sendable () -> Void
    }

    private let state = Mutex(State())

    /// Whether the server is stopping.
    var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    /// Runs a held call. Returns nil if it was interrupted.
    ///
    /// - Parameter caller: the caller. The call is interrupted when the caller's API key ends.
    func hold<Value: Sendable>(
        by caller: Caller, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let task = Task(operation: body)
        let call = Call(keyID: caller.keyID) { task.cancel() }
        let key = state.withLock { state -> UInt64? in
            if state.isInterrupted { return nil }
            state.nextKey += 1
            state.calls[state.nextKey] = call
            return state.nextKey
        }
        if key == nil { task.cancel() }
        defer {
            if let key { state.withLock { _ = $0.calls.removeValue(forKey: key) } }
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
        let calls = state.withLock { state in
            state.isInterrupted = true
            return Array(state.calls.values)
        }
        for call in calls { call.cancel() }
    }

    /// Interrupts the held calls with these API keys.
    func interrupt(ofKeys ids: Set<String>) {
        let calls = state.withLock { state in
            state.calls.values.filter { $0.keyID.map(ids.contains) ?? false }
        }
        for call in calls { call.cancel() }
    }
}
