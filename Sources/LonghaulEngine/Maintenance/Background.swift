import LonghaulCore
import Synchronization

/// One background task that can be started and stopped in any order, any number of times. It runs while
/// ``start(_:)`` was called more recently than ``stop()``.
final class Background: Sendable {
    private let task = Mutex<GatedTask<Void>?>(nil)

    /// Starts `body` unless it runs already.
    func start(_ body: @escaping @Sendable () async -> Void) {
        let candidate = GatedTask(body)
        let isFirst = task.withLock { task in
            guard task == nil else { return false }
            task = candidate
            return true
        }
        if isFirst { candidate.open() } else { candidate.cancel() }
    }

    /// Cancels the task and waits until it has ended.
    func stop() async {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        _ = await running?.value
    }
}
