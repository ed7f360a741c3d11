import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// The task of a background service.
///
/// ``start(_:)`` and ``stop()`` may be called in any order, at the same time and repeatedly. The body runs while the
/// latest call was `start`, and never twice at the same time: a new body waits for the end of the one before. Its changes
/// have no `AuditSource`, also if the caller of `start` has one.
package final class BackgroundTask: Sendable {
    private struct Run {
        let number: Int
        let task: GatedTask<Void>
    }

    private struct State {
        var nextNumber = 0
        var current: Run?
        /// Cancelled runs, oldest first. They may not have ended.
        var ending: [Run] = []
    }

    private let state = Mutex(State())

    /// A task that does not run.
    package init() {}

    /// Starts `body` unless it runs.
    package func start(_ body: @escaping @Sendable () async -> Void) {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let candidate = GatedTask { [self] in
            guard let earlier = runsBefore(number) else { return }
            for run in earlier { _ = await run.task.value }
            await AuditSource.$current.withValue(nil) { await body() }
        }
        let isFirst = state.withLock { state in
            guard state.current == nil else { return false }
            state.current = Run(number: number, task: candidate)
            return true
        }
        if isFirst { candidate.open() } else { candidate.cancel() }
    }

    /// Cancels the body, and waits until no body runs.
    package func stop() async {
        let (running, ending) = state.withLock { state in
            let running = state.current
            if let running { state.ending.append(running) }
            state.current = nil
            return (running, state.ending)
        }
        running?.task.cancel()
        for run in ending { _ = await run.task.value }
        let ended = Set(ending.map(\.number))
        state.withLock { state in state.ending.removeAll { ended.contains($0.number) } }
    }

    /// The runs that must end before this one begins; nil if this one is cancelled.
    private func runsBefore(_ number: Int) -> [Run]? {
        state.withLock { $0.current?.number == number ? $0.ending : nil }
    }
}
