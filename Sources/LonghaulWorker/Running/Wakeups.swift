import LonghaulConcurrency
import Synchronization

/// A repeatable broadcast event. A task that registers before it checks its condition misses no event.
final class Wakeups: Sendable {
    private struct Registration {
        weak var event: Event<Void>?
    }

    private let waiting = Mutex<[Registration]>([])

    /// Registers for the next event.
    func register() -> Event<Void> {
        let event = Event<Void>()
        waiting.withLock { waiting in
            // A task that did not have to wait leaves its registration behind.
            if waiting.count > 64 { waiting.removeAll { $0.event == nil } }
            waiting.append(Registration(event: event))
        }
        return event
    }

    /// Wakes all registered tasks.
    func wakeAll() {
        let all = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for registration in all { registration.event?.fire() }
    }
}
