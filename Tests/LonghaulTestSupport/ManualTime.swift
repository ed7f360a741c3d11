public import LonghaulCore
import Synchronization

/// A clock that stands still until a test moves it.
public final class ManualTime: TimeSource {
    private struct Sleeper {
        var moment: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var steadySeconds = 0.0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var nextNumber = 0
    }

    private let state: Mutex<State>

    /// A clock that shows this moment.
    public init(_ now: Timestamp = Timestamp(milliseconds: 1_764_000_000_000)) {
        state = Mutex(State(now: now))
    }

    /// The moment that the clock shows.
    public func now() -> Timestamp {
        state.withLock { $0.now }
    }

    /// The number of tasks that sleep on the clock.
    public var sleeping: Int {
        state.withLock { $0.sleepers.count }
    }

    /// Advances the clock, and wakes the tasks whose deadline has passed.
    public func advance(seconds: Double) {
        set(now().adding(seconds: seconds))
    }

    /// Sets the clock, and wakes the tasks whose deadline has passed. The steady clock advances by the same amount.
    public func set(_ now: Timestamp) {
        move { state in
            state.steadySeconds += max(0, now.seconds(since: state.now))
            state.now = now
        }
    }

    /// Steps the clock, as an administrator does. The steady clock does not change.
    public func step(seconds: Double) {
        move { $0.now = $0.now.adding(seconds: seconds) }
    }

    /// The seconds of the clock that does not step.
    public func steadySeconds() -> Double {
        state.withLock { $0.steadySeconds }
    }

    private func move(_ change: (inout State) -> Void) {
        let due = state.withLock { state in
            change(&state)
            let now = state.now
            let due = state.sleepers.filter { $0.value.moment <= now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.moment < $1.moment }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns when the clock shows `moment`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    public func sleep(until moment: Timestamp) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
                    if moment <= state.now { return .success(()) }
                    state.sleepers[number] = Sleeper(moment: moment, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: number)
                if sleeper == nil { state.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
