import CMicroHTTPD
import LonghaulConcurrency
import LonghaulPlatform
import Synchronization

/// A message to the thread of an event loop.
enum LoopMessage: Sendable {
    /// Answer a request.
    case answer(Exchange, PreparedResponse)
    /// Resume the body or the stream of a request.
    case resume(Exchange)
    /// Accept no connections, and end after the last one.
    case drain
    /// Close all connections, and end.
    case abort
}

/// The messages to a thread that sleeps in `poll`.
///
/// In contrast to ``Inbox``, a message wakes the thread through a descriptor, and only if the thread sleeps.
final class LoopInbox: Sendable {
    private struct State {
        var messages: [LoopMessage] = []
        /// Whether the thread sleeps or is about to, so that a message must wake it.
        var isAsleep = false
        /// Whether the thread has ended.
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

    /// Returns whether the inbox is empty. If so, the next message wakes the thread.
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
