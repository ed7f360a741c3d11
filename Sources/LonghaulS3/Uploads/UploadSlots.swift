import LonghaulConcurrency
import Synchronization

/// Bounds the number of uploads at the same time, and so the memory of their parts. Others wait in order.
final class UploadSlots: Sendable {
    private struct State {
        var free: Int
        var waiters: [Event<Void>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Runs a body in a slot.
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits; the error of the body.
    func run<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await take()
        defer { free() }
        return try await body()
    }

    private func take() async throws {
        let turn = Event<Void>()
        let isFree = state.withLock { state in
            guard state.free == 0 else {
                state.free -= 1
                return true
            }
            state.waiters.append(turn)
            return false
        }
        if isFree { return }
        do {
            try await turn.waitUnlessCancelled()
        } catch {
            let isWaiting = state.withLock { state in
                guard let place = state.waiters.firstIndex(where: { $0 === turn }) else { return false }
                state.waiters.remove(at: place)
                return true
            }
            // The slot was given to this task at the moment of its cancellation.
            if !isWaiting { free() }
            throw error
        }
    }

    private func free() {
        let next = state.withLock { state -> Event<Void>? in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.fire()
    }
}
