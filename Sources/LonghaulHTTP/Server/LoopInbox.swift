import CMicroHTTPD
import Glibc
import LonghaulWatch
import Synchronization

/// What other threads ask of an event loop's thread.
enum LoopMessage: Sendable {
    /// Answer a request.
    case answer(Exchange, PreparedResponse)
    /// Go on receiving the body, or sending the stream, of a request.
    case resume(Exchange)
    /// Accept nothing more, and end once the last connection has.
    case drain
    /// Cut off whatever is left, and end.
    case abort
}

/// Messages to a thread that sleeps in `poll`.
final class LoopInbox: Sendable {
    private struct State {
        var messages: [LoopMessage] = []
        /// The thread sleeps, or is about to: it must be woken.
        var isAsleep = false
        /// The thread has ended, and takes no messages.
        var isClosed = false
    }

    private let state = Mutex(State())
    /// The eventfd that wakes the thread.
    let wakeDescriptor: Int32

    private let meter: WorkMeter

    init(wakeDescriptor: Int32, meter: WorkMeter) {
        self.wakeDescriptor = wakeDescriptor
        self.meter = meter
    }

    /// Adds a message, from any thread. Drops it if the thread has ended.
    func send(_ message: LoopMessage) {
        let wakes: Bool? = state.withLock { state in
            if state.isClosed { return nil }
            meter.accept()
            state.messages.append(message)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        // The only possible error, a full counter, means that the thread is about to wake anyway.
        if wakes == true { eventfd_write(wakeDescriptor, 1) }
        if wakes == nil, case .answer(_, let response) = message { response.discard() }
    }

    /// Whether there is nothing to do; if so, the next message wakes the thread.
    func prepareToSleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.messages.isEmpty
            return state.isAsleep
        }
    }

    /// Takes the last messages, on the thread, before it ends.
    func close() -> [LoopMessage] {
        state.withLock { $0.isClosed = true }
        return take()
    }

    /// Takes all messages, on the thread.
    func take() -> [LoopMessage] {
        state.withLock { state in
            state.isAsleep = false
            guard !state.messages.isEmpty else { return [] }
            meter.finish(state.messages.count)  // lock-safe: counts.
            defer { state.messages = [] }
            return state.messages
        }
    }
}
