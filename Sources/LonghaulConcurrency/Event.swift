import Synchronization

/// A one-time event with a value. Any number of tasks and threads wait for it, before or after it happens.
///
/// Only the first value counts:
///
/// ```swift
/// let answer = Event<Int>()
/// Task { answer.fire(42) }
/// print(await answer.wait())
/// ```
package final class Event<Value: Sendable>: Sendable {
    /// The waits that the event ends, from ``claim(_:)``.
    package struct Claim: Sendable {
        fileprivate let value: Value
        fileprivate let waiters: [(key: UInt64, waiter: Waiter)]

        /// Ends the waits, in the order in which they began. Call it once, and never under a lock.
        package func resume() {
            for (_, waiter) in waiters {
                switch waiter {
                case .task(let continuation): continuation.resume(returning: value)
                case .cancellable(let continuation): continuation.resume(returning: value)
                case .thread(let inbox): inbox.put(value)
                }
            }
        }
    }

    fileprivate enum Waiter: Sendable {
        case task(CheckedContinuation<Value, Never>)
        case cancellable(CheckedContinuation<Value, any Error>)
        case thread(Inbox<Value>)
    }

    private struct State {
        var value: Value?
        var waiters: [(key: UInt64, waiter: Waiter)] = []
        var nextKey: UInt64 = 0

        mutating func makeKey() -> UInt64 {
            nextKey += 1
            return nextKey
        }

        mutating func remove(_ key: UInt64) -> Waiter? {
            waiters.firstIndex { $0.key == key }.map { waiters.remove(at: $0).waiter }
        }
    }

    private let state = Mutex(State())

    /// An event that has not happened.
    package init() {}

    /// The value; nil before the event.
    package var value: Value? { state.withLock(\.value) }

    /// Makes the event happen, and ends all waits. Returns false, and does nothing, if it has happened before.
    @discardableResult
    package func fire(_ value: Value) -> Bool {
        guard let claim = claim(value) else { return false }
        claim.resume()
        return true
    }

    /// Makes the event happen without ending the waits, so it may be called under a lock. The caller resumes the claim
    /// after it has released the lock. Returns nil if the event has happened before.
    package func claim(_ value: Value) -> Claim? {
        state.withLock { state in
            guard state.value == nil else { return nil }
            state.value = value
            defer { state.waiters = [] }
            return Claim(value: value, waiters: state.waiters)
        }
    }

    /// Waits for the event, also if the task is cancelled.
    package func wait() async -> Value {
        await withCheckedContinuation { continuation in
            if let value = add(.task(continuation)) { continuation.resume(returning: value) }
        }
    }

    /// Waits for the event, or for the cancellation of the task.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    package func waitUnlessCancelled() async throws -> Value {
        let key = state.withLock { $0.makeKey() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Value, any Error>? = state.withLock { state in
                    if let value = state.value { return .success(value) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters.append((key, .cancellable(continuation)))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            if case .cancellable(let continuation) = state.withLock({ $0.remove(key) }) {
                continuation.resume(throwing: CancellationError())
            }
        }
    }

    /// Waits for the event. Makes it happen with `value` if `sleep` returns first or the task is cancelled, so that a
    /// later ``fire(_:)`` or ``claim(_:)`` learns that the wait has ended.
    package func wait(
        else value: Value, after sleep: @escaping @Sendable () async throws -> Void
    ) async -> Value {
        let timer = Task {
            // Cancelled: the wait has ended.
            guard (try? await sleep()) != nil else { return }
            fire(value)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await wait()
        } onCancel: {
            fire(value)
        }
    }

    /// Waits for the event on a thread that may block.
    package func waitOnThread() -> Value {
        if let value { return value }
        let inbox = Inbox<Value>()
        if let value = add(.thread(inbox)) { return value }
        guard let value = inbox.take() else { preconditionFailure("the inbox of a wait is never closed") }
        return value
    }

    /// Adds a waiter. Returns the value instead if the event has happened.
    private func add(_ waiter: Waiter) -> Value? {
        state.withLock { state in
            if let value = state.value { return value }
            state.waiters.append((state.makeKey(), waiter))
            return nil
        }
    }
}

extension Event where Value == Void {
    /// Makes the event happen, and ends all waits. Later calls do nothing.
    package func fire() {
        fire(())
    }
}
