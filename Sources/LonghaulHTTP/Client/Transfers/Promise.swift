import Synchronization

/// A result that is delivered once, and that one task waits for.
final class Promise<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, HTTPClientError>

    private enum State {
        case empty
        case awaited(CheckedContinuation<Outcome, Never>)
        case fulfilled(Outcome)
    }

    private let state = Mutex(State.empty)

    /// Delivers the outcome. A second one is ignored.
    func fulfil(_ outcome: Outcome) {
        let waiter: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            switch state {
            case .empty:
                state = .fulfilled(outcome)
                return nil
            case .awaited(let continuation):
                state = .fulfilled(outcome)
                return continuation
            case .fulfilled:
                return nil
            }
        }
        waiter?.resume(returning: outcome)
    }

    /// Waits for the outcome. Call it once.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome: Outcome? = state.withLock { state in
                if case .fulfilled(let outcome) = state { return outcome }
                state = .awaited(continuation)
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
