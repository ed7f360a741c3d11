import Foundation
import Synchronization

/// A thread for blocking calls that sleeps until it is woken.
final class BrokerThread: Sendable {
    private struct State {
        var isStopped = false
        var isWoken = false
    }

    private let condition = NSCondition()
    /// Changed only while `condition` is locked, so that no change is missed between a check and a sleep.
    private let state = Mutex(State())
    private let end = Mutex((isReached: false, waiting: [CheckedContinuation<Void, Never>]()))

    /// Starts the thread; it ends when `body` returns, which it does soon after ``stop()``.
    func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            body()
            let waiting = end.withLock { end in
                end.isReached = true
                defer { end.waiting = [] }
                return end.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
        thread.name = name
        thread.start()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Sleeps until the thread is woken or stopped, at most `seconds`. Call it on the thread itself.
    func sleep(_ seconds: Double) {
        let limit = Date(timeIntervalSinceNow: min(seconds, 3600))
        condition.lock()
        defer { condition.unlock() }
        while !state.withLock({ $0.isStopped || $0.isWoken }) {
            guard condition.wait(until: limit) else { break }
        }
        state.withLock { $0.isWoken = false }
    }

    /// Ends the current sleep, or the next one.
    func wake() {
        set(\.isWoken)
    }

    /// Makes the thread end.
    func stop() {
        set(\.isStopped)
    }

    private func set(_ flag: WritableKeyPath<State, Bool>) {
        condition.lock()
        state.withLock { $0[keyPath: flag] = true }
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until the thread has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isReached = end.withLock { end in
                if !end.isReached { end.waiting.append(continuation) }
                return end.isReached
            }
            if isReached { continuation.resume() }
        }
    }
}
