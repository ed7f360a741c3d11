import Synchronization

/// Notifies handlers of held requests (long polls, streams) that the server is stopping and that they should end.
public final class HTTPShutdownSignal: Sendable {
    private struct State {
        var isSet = false
        var nextTicket = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Creates a signal.
    public init() {}

    /// Whether the server is stopping.
    public var isShuttingDown: Bool {
        state.withLock(\.isSet)
    }

    /// Returns when the server is stopping, or when the task is cancelled.
    public func wait() async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isOver = state.withLock { state in
                    if state.isSet || Task.isCancelled { return true }
                    state.waiting[ticket] = waiter
                    return false
                }
                if isOver { waiter.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// Sends the signal. Later calls have no effect.
    func set() {
        let waiting = state.withLock { state in
            state.isSet = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for waiter in waiting.values { waiter.resume() }
    }
}
