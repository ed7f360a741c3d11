import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Bounds the number of searches that run at once, and of long histories. The others wait for a short time, in the order of
/// their arrival.
///
/// A search reads for a second. Without the bound, the searches of a few callers would occupy all readers of the store.
final class SearchSlots: Sendable {
    private struct State {
        var running = 0
        var waiting: [Event<Bool>] = []
        var refused = 0
    }

    private let state = Mutex(State())
    private let limits: SearchLimits
    private let time: any TimeSource

    init(_ limits: SearchLimits, time: any TimeSource) {
        self.limits = limits
        self.time = time
    }

    /// The numbers of searches that run, that wait, and that were refused since the start.
    var counts: (running: Int, waiting: Int, refused: Int) {
        state.withLock { ($0.running, $0.waiting.count, $0.refused) }
    }

    /// Runs a search when a slot is free.
    ///
    /// - Parameter advice: what the caller can do if no slot becomes free.
    /// - Throws: ``LonghaulError`` `system_busy` if no slot becomes free in time.
    func run<Found: Sendable>(
        orElse advice: String = "repeat the search later, or use filters without q",
        _ search: () async throws -> Found
    ) async throws -> Found {
        try await acquire(orElse: advice)
        defer { release() }
        return try await search()
    }

    private func acquire(orElse advice: String) async throws {
        let turn: Event<Bool>? = state.withLock { state in
            guard state.running >= limits.maxConcurrent else {
                state.running += 1
                return nil
            }
            let turn = Event<Bool>()
            state.waiting.append(turn)
            return turn
        }
        guard let turn else { return }
        let deadline = time.now().adding(seconds: limits.maxWaitSeconds)
        let time = self.time
        // The search that ends gives its slot to the next one, unless that has stopped waiting.
        if await turn.wait(else: false, after: { try await time.sleep(until: deadline) }) { return }
        state.withLock { state in
            state.waiting.removeAll { $0 === turn }
            if !Task.isCancelled { state.refused += 1 }
        }
        try Task.checkCancellation()
        throw LonghaulError(
            .systemBusy,
            "\(limits.maxConcurrent) searches or long histories run on this server; \(advice)",
            retryAfterSeconds: limits.maxWaitSeconds)
    }

    private func release() {
        let next: Event<Bool>.Claim? = state.withLock { state in
            while !state.waiting.isEmpty {
                if let claim = state.waiting.removeFirst().claim(true) { return claim }
            }
            state.running -= 1
            return nil
        }
        next?.resume()
    }
}
