import Synchronization

/// The values that wait for a background service, in the order in which they were sent.
///
/// A cancelled reader leaves the values to the next reader, so a service that is started again continues. (The
/// cancellation of a task that reads an `AsyncStream` ends the stream for good.)
final class ServiceInbox<Value: Sendable>: Sendable {
    /// The value that a full inbox drops.
    enum Overflow {
        case dropOldest
        case dropNewest
    }

    private struct State {
        /// Values that were sent, oldest first.
        var incoming: [Value] = []
        /// Older values, newest first: a reader removes the last one.
        var outgoing: [Value] = []
        var readers: [CheckedContinuation<Void, Never>] = []

        var count: Int { incoming.count + outgoing.count }

        mutating func removeFirst() -> Value? {
            if outgoing.isEmpty {
                outgoing = incoming.reversed()
                incoming.removeAll(keepingCapacity: true)
            }
            return outgoing.popLast()
        }

        mutating func takeReaders() -> [CheckedContinuation<Void, Never>] {
            defer { readers = [] }
            return readers
        }
    }

    private let capacity: Int
    private let overflow: Overflow
    private let state = Mutex(State())

    /// - Parameter capacity: the maximum number of values.
    init(capacity: Int = 65_536, _ overflow: Overflow = .dropNewest) {
        self.capacity = capacity
        self.overflow = overflow
    }

    /// Adds a value, and wakes the reader.
    func send(_ value: Value) {
        let readers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if state.count >= capacity {
                if overflow == .dropNewest { return [] }
                _ = state.removeFirst()
            }
            state.incoming.append(value)
            return state.takeReaders()
        }
        for reader in readers { reader.resume() }
    }

    /// Waits for the next value and removes it; nil if the task is cancelled.
    func next() async -> Value? {
        while !Task.isCancelled {
            if let value = removeFirst() { return value }
            await waitForValue()
        }
        return nil
    }

    /// Removes the oldest value; nil if there is none.
    func removeFirst() -> Value? {
        state.withLock { $0.removeFirst() }
    }

    private func waitForValue() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    if state.count > 0 || Task.isCancelled { return false }
                    state.readers.append(continuation)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            // A reader that is not cancelled waits again.
            for reader in state.withLock({ $0.takeReaders() }) { reader.resume() }
        }
    }
}
