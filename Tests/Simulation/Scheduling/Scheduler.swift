import CTaskHook
import LonghaulCore

/// Runs the tasks of one simulation on one thread, in an order that the seed decides. The clock jumps to the next sleeper
/// when no other task can continue.
///
/// All objects of a simulation belong to the thread that runs it, and no other thread uses them. So the
/// `@unchecked Sendable` in these folders is correct.
final class Scheduler: TimeSource, @unchecked Sendable {
    /// Why a run ended.
    enum Ending {
        /// The body returned, and no task sleeps.
        case done
        /// The body has not returned, and no task can continue.
        case stuck
        /// The body has not returned after the maximum number of steps.
        case tooLong
        /// The body returned, but this number of tasks still sleeps.
        case leftBehind(Int)
    }

    private struct Sleeper {
        var number: Int
        var moment: Timestamp
        var signal: WakeSignal?
        var continuation: CheckedContinuation<Void, any Error>
    }

    private static let maxSteps = 3_000_000

    let dice: Dice
    /// The share of steps, in thousandths, at which the clock jumps although tasks could continue, as on a busy machine.
    var clockSkipRate = 0
    private(set) var steps = 0
    private var clock = Timestamp(milliseconds: 1_764_000_000_000)
    private var sleepers: [Sleeper] = []
    /// The tasks that let other tasks run first.
    private var yielders: [CheckedContinuation<Void, Never>] = []
    private var lastNumber = 0

    init(dice: Dice) {
        self.dice = dice
    }

    /// The simulated time.
    func now() -> Timestamp {
        expectOwnThread()
        return clock
    }

    /// Runs `body` and all tasks that it starts to the end. Call it on the simulation's thread, between `task_hook_begin`
    /// and `task_hook_end`.
    func run(_ body: @escaping @Sendable () async -> Void) -> Ending {
        let end = Flag()
        Task {
            await body()
            end.isSet = true
        }
        while steps < Self.maxSteps {
            let tasks = task_hook_waiting()
            let waiting = tasks + yielders.count
            if waiting == 0 || (clockSkipRate > 0 && dice.below(1000) < clockSkipRate) {
                if advanceClock() { continue }
                if waiting == 0 { break }
            }
            steps += 1
            let chosen = dice.below(waiting)
            if chosen < tasks {
                task_hook_run(chosen)
            } else {
                yielders.remove(at: chosen - tasks).resume()
            }
        }
        if task_hook_waiting() > 0 { return .tooLong }
        guard end.isSet else { return .stuck }
        return sleepers.isEmpty ? .done : .leftBehind(sleepers.count)
    }

    /// Stops the program if a task has left the thread of the run. It has slept or yielded outside the simulation, so the
    /// seed could not be repeated.
    private func expectOwnThread() {
        if !task_hook_is_active() { fatalError("a task of the simulation slept on the real clock") }
    }

    /// Moves the clock to the next sleeper and wakes it. False if no task sleeps.
    private func advanceClock() -> Bool {
        var next: Int?
        for (index, sleeper) in sleepers.enumerated() {
            if let found = next, sleepers[found].moment <= sleeper.moment { continue }
            next = index
        }
        guard let next else { return false }
        let sleeper = sleepers.remove(at: next)
        clock = max(clock, sleeper.moment)
        sleeper.continuation.resume()
        return true
    }

    /// Returns when the simulated clock shows `moment`.
    func sleep(until moment: Timestamp) async throws {
        try await sleep(until: moment, or: nil)
    }

    /// Returns when the simulated clock shows `moment`, or when the signal is sent.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func sleep(until moment: Timestamp, or signal: WakeSignal?) async throws {
        expectOwnThread()
        try Task.checkCancellation()
        guard moment > clock else { return await yield() }
        lastNumber += 1
        let number = lastNumber
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                sleepers.append(
                    Sleeper(number: number, moment: moment, signal: signal, continuation: continuation))
            }
        } onCancel: {
            guard let index = sleepers.firstIndex(where: { $0.number == number }) else { return }
            sleepers.remove(at: index).continuation.resume(throwing: CancellationError())
        }
    }

    /// Lets other tasks run first. `Task.yield` does not use the runtime's hooks.
    func yield() async {
        await withCheckedContinuation { yielders.append($0) }
    }

    /// Sleeps for this number of seconds. Returns early if the task is cancelled.
    func pause(seconds: Double) async {
        try? await sleep(until: clock.adding(seconds: seconds))
    }

    /// Wakes all tasks that sleep on this signal.
    func wake(_ signal: WakeSignal) {
        for sleeper in sleepers where sleeper.signal === signal { sleeper.continuation.resume() }
        sleepers.removeAll { $0.signal === signal }
    }
}

/// Wakes sleepers before their time; see ``Scheduler/wake(_:)``.
final class WakeSignal: Sendable {}

/// A flag that the tasks of a simulation share.
final class Flag: @unchecked Sendable {
    var isSet = false
}
