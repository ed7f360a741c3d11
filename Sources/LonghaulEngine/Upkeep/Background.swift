import Synchronization

/// One task in the background that can be started and stopped in any order, any number of times; it runs
/// while it was started once more recently than it was stopped.
final class Background: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Starts `body` unless it runs already.
    func start(_ body: @escaping @Sendable () async -> Void) {
        task.withLock { task in
            if task == nil { task = Task(operation: body) }
        }
    }

    /// Cancels the task and waits until it has ended.
    func stop() async {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        await running?.value
    }
}
