import Synchronization

/// Threads for short blocking calls, such as operations on files. It starts a thread when all others are busy, and ends
/// a thread that has had no call for a while.
///
/// Dispatch is not used for this: on Linux its queues share their threads with Swift's cooperative pool, so blocked
/// calls keep tasks from running.
package final class BlockingPool: Sendable {
    /// The pool of this process.
    package static let shared = BlockingPool()

    private struct State {
        var threads = 0
        /// Calls that wait or run.
        var calls = 0
    }

    private let maxThreads: Int
    private let idleSeconds: Double
    private let inbox = Inbox<@Sendable () -> Void>()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - maxThreads: the maximum number of threads. More calls wait for a thread.
    ///   - idleSeconds: the time after which a thread without calls ends.
    package init(maxThreads: Int = 64, idleSeconds: Double = 10) {
        self.maxThreads = maxThreads
        self.idleSeconds = idleSeconds
    }

    /// The number of threads.
    package var threadCount: Int { state.withLock(\.threads) }

    /// Runs `body` on a thread that may block, and returns its result.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            start { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Runs `body` on a thread that may block, without waiting for it.
    package func start(_ body: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state in
            state.calls += 1
            guard state.threads < min(state.calls, maxThreads) else { return false }
            state.threads += 1
            return true
        }
        inbox.put(body)
        guard needsThread else { return }
        let isStarted = BlockingThread.start("lh-blocking") { [self] in
            work { inbox.take(within: idleSeconds) }
        }
        // The system has no thread left: the caller's thread runs the calls.
        if !isStarted { work { inbox.removeFirst() } }
    }

    /// Runs calls until there are none and a thread less is enough.
    private func work(_ next: () -> (@Sendable () -> Void)?) {
        repeat {
            while let call = next() {
                call()
                state.withLock { $0.calls -= 1 }
            }
        } while !isSuperfluous()
    }

    /// Whether a thread may end. Its place is then free.
    private func isSuperfluous() -> Bool {
        state.withLock { state in
            guard state.threads > state.calls else { return false }
            state.threads -= 1
            return true
        }
    }
}
