import LonghaulConcurrency
import LonghaulStates
import Synchronization

extension Interpreter {
    /// Computes a step on a thread of ``LonghaulConcurrency/BlockingPool/steps``.
    func stepApart(
        _ snapshot: inout ExecutionSnapshot, _ events: [ExecutionEvent], at moment: EventMoment
    ) async -> StepResult {
        let held = HeldSnapshot(snapshot)
        snapshot = held.placeholder
        let result = await withCheckedContinuation { continuation in
            BlockingPool.steps.start {
                var snapshot = held.take()
                let result = step(&snapshot, events, at: moment)
                held.put(consume snapshot)
                continuation.resume(returning: result)
            }
        }
        snapshot = held.take()
        return result
    }
}

/// A snapshot that one thread after another takes, so that none of them copies it.
private final class HeldSnapshot: Sendable {
    let placeholder: ExecutionSnapshot
    private let contents: Mutex<ExecutionSnapshot>

    init(_ snapshot: ExecutionSnapshot) {
        placeholder = ExecutionSnapshot(placeholder: snapshot.info)
        contents = Mutex(snapshot)
    }

    func put(_ snapshot: consuming ExecutionSnapshot) {
        contents.withLock { $0 = snapshot }
    }

    /// Removes the snapshot.
    func take() -> ExecutionSnapshot {
        contents.withLock { contents in
            let snapshot = contents
            contents = placeholder
            return snapshot
        }
    }
}
