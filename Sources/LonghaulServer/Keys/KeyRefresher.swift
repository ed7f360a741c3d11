import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Repeats the background work of the API keys: at an interval, and soon after ``wake()``.
final class KeyRefresher: Sendable {
    /// The minimum time between two rounds, in seconds. Requests with unknown keys wake the refresher, so that they find
    /// keys of other servers soon; they must not load the store.
    private static let minSeconds = 0.25

    private let time: any TimeSource
    private let wakeUps = Inbox<Void>(capacity: 1)
    private let tasks = Mutex<[GatedTask<Void>]>([])

    init(time: any TimeSource) {
        self.time = time
    }

    /// Makes the next round begin soon. May be called on any thread.
    func wake() { wakeUps.put(()) }

    /// Starts the rounds, unless they were started before.
    func start(_ round: @escaping @Sendable () async -> Void) {
        let new = [
            GatedTask { [self] in await run(round) }, GatedTask { [self] in await wakeAtIntervals() },
        ]
        let isFirst = tasks.withLock { tasks in
            guard tasks.isEmpty else { return false }
            tasks = new
            return true
        }
        for task in new {
            if isFirst { task.open() } else { task.cancel() }
        }
    }

    /// Stops the rounds.
    func stop() {
        for task in tasks.withLock({ $0 }) { task.cancel() }
    }

    private func run(_ round: @escaping @Sendable () async -> Void) async {
        while await wakeUps.next() != nil {
            await round()
            guard await pause(seconds: Self.minSeconds) else { return }
        }
    }

    private func wakeAtIntervals() async {
        while await pause(seconds: KeyDirectory.refreshSeconds) { wake() }
    }

    /// Waits. Returns false if the task was cancelled.
    private func pause(seconds: Double) async -> Bool {
        do {
            try await time.sleep(seconds: seconds)
            return true
        } catch {
            return false
        }
    }
}
