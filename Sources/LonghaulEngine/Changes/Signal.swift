import LonghaulCore
import Synchronization

/// An event that happens at most once and that one task waits for.
final class Signal: Sendable {
    /// The right to end a wait, from ``claim()``. The wait ends when ``resume()`` is called.
    struct Claim {
        fileprivate let continuation: CheckedContinuation<Bool, Never>?

        /// Ends the wait. Call it once, and never under a lock.
        func resume() {
            continuation?.resume(returning: true)
        }
    }

    private enum State {
        case idle
        case waiting(CheckedContinuation<Bool, Never>)
        case over(fired: Bool)
    }

    private let state = Mutex(State.idle)

    /// Makes it happen without resuming the task that waits, so it may be called under a lock. The caller resumes
    /// the claim after it has released the lock. Nil if it has happened, or the wait has ended, before.
    func claim() -> Claim? {
        let (continuation, isFirst) = take(fired: true)
        return isFirst ? Claim(continuation: continuation) : nil
    }

    /// Makes it happen. Later calls do nothing. Returns whether this call was the first.
    @discardableResult
    func fire() -> Bool {
        end(fired: true)
    }

    /// Waits until it happens, or until `deadline`. Returns whether it happened.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func wait(until deadline: Timestamp, time: any TimeSource) async throws -> Bool {
        let timer = Task {
            do {
                try await time.sleep(until: deadline)
                end(fired: false)
            } catch {
                // Cancelled: the wait has ended.
            }
        }
        defer { timer.cancel() }
        let fired = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let over: Bool? = state.withLock { state in
                    if case .over(let fired) = state { return fired }
                    state = .waiting(continuation)
                    return nil
                }
                if let over { continuation.resume(returning: over) }
            }
        } onCancel: {
            end(fired: false)
        }
        if !fired { try Task.checkCancellation() }
        return fired
    }

    @discardableResult
    private func end(fired: Bool) -> Bool {
        let (continuation, isFirst) = take(fired: fired)
        continuation?.resume(returning: fired)
        return isFirst
    }

    /// Moves to `over`. Returns the continuation to resume, and whether this call was the first.
    private func take(fired: Bool) -> (continuation: CheckedContinuation<Bool, Never>?, isFirst: Bool) {
        state.withLock { state in
            switch state {
            case .over: return (nil, false)
            case .idle:
                state = .over(fired: fired)
                return (nil, true)
            case .waiting(let continuation):
                state = .over(fired: fired)
                return (continuation, true)
            }
        }
    }
}
