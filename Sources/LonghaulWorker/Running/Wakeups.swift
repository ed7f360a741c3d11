import Synchronization

/// A thing that can be told of again and again to all who wait for it. Whoever registers before looking at what
/// it waits for misses nothing.
final class Wakeups: Sendable {
    private struct Registration {
        weak var wakeup: Wakeup?
    }

    private let waiting = Mutex<[Registration]>([])

    /// Registers for the next telling.
    func register() -> Wakeup {
        let wakeup = Wakeup()
        waiting.withLock { waiting in
            // Registrations that nobody holds any more were left by those who did not have to wait.
            if waiting.count > 64 { waiting.removeAll { $0.wakeup == nil } }
            waiting.append(Registration(wakeup: wakeup))
        }
        return wakeup
    }

    /// Tells all.
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

    /// Returns when told.
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

    /// Returns when told, or at the deadline if there is one.
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

    /// Tells it.
    func wake() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
