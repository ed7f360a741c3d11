import LonghaulCore
import Synchronization

/// Something that happens at most once and that one task waits for.
final class Signal: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Bool, Never>)
        case over(fired: Bool)
    }

    private let state = Mutex(State.idle)

    /// Makes it happen. Later calls do nothing. Answers whether this call was the one.
    @discardableResult
    func fire() -> Bool {
        end(fired: true)
    }

    /// Waits until it happens, at the longest until `deadline`. Answers whether it happened.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func wait(until deadline: Timestamp, time: any TimeSource) async throws -> Bool {
        let timer = Task {
            do {
                try await time.sleep(until: deadline)
                end(fired: false)
            } catch {
                // Cancelled: somebody else ended the wait.
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
        let (continuation, first): (CheckedContinuation<Bool, Never>?, Bool) = state.withLock { state in
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
        continuation?.resume(returning: fired)
        return first
    }
}
