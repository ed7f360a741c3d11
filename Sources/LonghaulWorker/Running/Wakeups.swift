import Synchronization

/// A repeatable broadcast event. A task that registers before it checks its condition misses no event.
final class Wakeups: Sendable {
    private struct Registration {
        weak var wakeup: Wakeup?
    }

    private let waiting = Mutex<[Registration]>([])

    /// Registers for the next event.
    func register() -> Wakeup {
        let wakeup = Wakeup()
        waiting.withLock { waiting in
            // A task that did not have to wait leaves its registration behind.
            if waiting.count > 64 { waiting.removeAll { $0.wakeup == nil } }
            waiting.append(Registration(wakeup: wakeup))
        }
        return wakeup
    }

    /// Wakes all registered tasks.
    func wakeAll() {
        let all = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for registration in all { registration.wakeup?.wake() }
    }
}

/// One registration, for one task.
final class Wakeup: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, Never>)
        case over
    }

    private let state = Mutex(State.idle)

    /// Waits for the event.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if case .over = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Waits for the event, or until the deadline if there is one.
    func wait(until deadline: ContinuousClock.Instant?) async {
        let timer = deadline.map { deadline in
            Task {
                try? await Task.sleep(until: deadline, clock: .continuous)
                wake()
            }
        }
        await wait()
        timer?.cancel()
    }

    /// Wakes the task.
    func wake() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
