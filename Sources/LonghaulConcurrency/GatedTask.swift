/// A task that runs nothing until ``open()`` is called.
///
/// An object that may have only one task creates a gated task first, stores it under its lock if there is none yet,
/// and opens it after the lock is released. So no task is created or cancelled under a lock, and a task that is
/// cancelled before it is opened never runs its body.
///
/// ```swift
/// let candidate = GatedTask { await self.run() }
/// let isFirst = state.withLock { state in
///     guard state.task == nil else { return false }
///     state.task = candidate
///     return true
/// }
/// if isFirst { candidate.open() } else { candidate.cancel() }
/// ```
package final class GatedTask<Value: Sendable>: Sendable {
    private let task: Task<Value?, Never>
    private let gate: AsyncStream<Void>.Continuation

    /// Creates the task, with its gate closed.
    package init(_ body: @escaping @Sendable () async -> Value) {
        let (openings, gate) = AsyncStream<Void>.makeStream()
        self.gate = gate
        task = Task {
            for await _ in openings { return Task.isCancelled ? nil : await body() }
            return nil
        }
    }

    deinit {
        gate.finish()
    }

    /// Runs the body. Later calls do nothing.
    package func open() {
        gate.yield()
        gate.finish()
    }

    /// Cancels the body. If it has not started, it never starts.
    package func cancel() {
        task.cancel()
    }

    /// The result of the body, after the task has ended; nil if the task was cancelled before it started. The gate must
    /// be open, or the task cancelled.
    package var value: Value? {
        get async { await task.value }
    }
}
