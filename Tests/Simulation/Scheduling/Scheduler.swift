import CTaskHook
import LonghaulCore

/// Runs the tasks of one simulation on one thread, in an order that its seed decides, by a clock that jumps
/// to the next sleeper when nobody else can go on.
///
/// Everything in a simulation, this class and all that is built on it, belongs to the thread that runs it and
/// is used by no other: that is what makes the `@unchecked Sendable` in these folders true.
final class Scheduler: TimeSource, @unchecked Sendable {
    /// Why a run came to its end.
    enum Ending {
        /// The body returned, and nothing was left.
        case done
        /// The body has not returned, and nothing can go on.
        case stuck
        /// The body has not returned after so many steps.
        case tooLong
        /// The body returned, but so many tasks sleep on.
        case leftBehind(Int)
    }

    private struct Sleeper {
        var number: Int
        var moment: Timestamp
        var bell: Bell?
        var continuation: CheckedContinuation<Void, any Error>
    }

    private static let longestRun = 3_000_000

    let dice: Dice
    /// How often, of a thousand steps, time passes although tasks could go on: as on a busy machine.
    var clockSkipRate = 0
    private(set) var steps = 0
    private var clock = Timestamp(milliseconds: 1_764_000_000_000)
    private var sleepers: [Sleeper] = []
    /// Those who let others go first.
    private var yielders: [CheckedContinuation<Void, Never>] = []
    private var lastNumber = 0

    init(dice: Dice) {
        self.dice = dice
    }

    /// The simulated moment.
    func now() -> Timestamp {
        expectOwnThread()
        return clock
    }

    /// Runs `body`, and all that comes of it, to the end. To be called on the simulation's thread, between
    /// `task_hook_begin` and `task_hook_end`.
    func run(_ body: @escaping @Sendable () async -> Void) -> Ending {
        let end = Flag()
        Task {
            await body()
            end.isSet = true
        }
        while steps < Self.longestRun {
            let tasks = task_hook_waiting()
            let waiting = tasks + yielders.count
            if waiting == 0 || (clockSkipRate > 0 && dice.below(1000) < clockSkipRate) {
                if passTime() { continue }
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

    /// Stops the program if a task has left the run's thread: it has slept or yielded past the simulation, and
    /// nothing that follows could be replayed.
    private func expectOwnThread() {
        if !task_hook_is_active() { fatalError("a task of the simulation slept by the real clock") }
    }

    /// Moves the clock to the next sleeper and wakes it. False if nobody sleeps.
    private func passTime() -> Bool {
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

    /// Returns when the simulated clock shows `moment`, or when the bell rings.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func sleep(until moment: Timestamp, or bell: Bell?) async throws {
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
                    Sleeper(number: number, moment: moment, bell: bell, continuation: continuation))
            }
        } onCancel: {
            guard let index = sleepers.firstIndex(where: { $0.number == number }) else { return }
            sleepers.remove(at: index).continuation.resume(throwing: CancellationError())
        }
    }

    /// Lets others go first. `Task.yield` will not do: it goes past the runtime's hooks.
    func yield() async {
        await withCheckedContinuation { yielders.append($0) }
    }

    /// Sleeps for so many seconds; returns early if the task is cancelled.
    func pause(seconds: Double) async {
        try? await sleep(until: clock.adding(seconds: seconds))
    }

    /// Wakes all who sleep by this bell.
    func ring(_ bell: Bell) {
        for sleeper in sleepers where sleeper.bell === bell { sleeper.continuation.resume() }
        sleepers.removeAll { $0.bell === bell }
    }
}

/// Something that wakes sleepers before their time; see ``Scheduler/ring(_:)``.
final class Bell: Sendable {}

/// A flag that the tasks of a simulation share.
final class Flag: @unchecked Sendable {
    var isSet = false
}
