import LonghaulCore
import LonghaulJSON
import Synchronization

/// Reports how attempts ended, and again until it is known that the report arrived or the lease has ended.
///
/// Completions that arrive while one call is under way go together in the next: no call waits for company,
/// and under load there are few calls.
final class Reporter: Sendable {
    /// How many completions one call takes, and how many bytes of results; a single one may be larger.
    private static let batch = 1000
    private static let batchBytes = 8 << 20

    private struct Entry: Sendable {
        let completion: Completion
        let isLost: @Sendable () -> Bool
        let done: CheckedContinuation<Result<Job, LonghaulError>, Never>
    }

    private struct State {
        var waiting: [Entry] = []
        var isSending = false
    }

    private let gateway: any WorkerGateway
    private let state = Mutex(State())

    init(gateway: any WorkerGateway) {
        self.gateway = gateway
    }

    /// Completes an attempt.
    ///
    /// - Parameter isLost: whether the lease must be presumed lost, so that there is no use in trying on.
    func complete(
        _ completion: Completion, isLost: @escaping @Sendable () -> Bool
    ) async -> Result<Job, LonghaulError> {
        await withCheckedContinuation { continuation in
            let entry = Entry(completion: completion, isLost: isLost, done: continuation)
            let isFirst = state.withLock { state in
                state.waiting.append(entry)
                defer { state.isSending = true }
                return !state.isSending
            }
            // A task of its own: the work that asks may be cancelled, its report must not be.
            if isFirst { Task { await send() } }
        }
    }

    private func send() async {
        while let entries = take() {
            var pause = RetryPause()
            var rest = entries
            while !rest.isEmpty {
                rest = await attempt(rest)
                if !rest.isEmpty { await pause.wait() }
            }
        }
    }

    private func take() -> [Entry]? {
        state.withLock { state in
            var bytes = 0
            let entries = Array(
                state.waiting.prefix(Self.batch).prefix { entry in
                    defer { bytes += entry.completion.result.bytes.count }
                    return bytes < Self.batchBytes
                })
            state.waiting.removeFirst(entries.count)
            if entries.isEmpty { state.isSending = false }
            return entries.isEmpty ? nil : entries
        }
    }

    /// Sends the entries, answers those whose fate is known, and returns the others.
    private func attempt(_ entries: [Entry]) async -> [Entry] {
        do {
            let answers = try await gateway.complete(entries.map(\.completion))
            var rest: [Entry] = []
            for (entry, answer) in zip(entries, answers) {
                if case .failure(let error) = answer, error.isTransient, !entry.isLost() {
                    rest.append(entry)
                } else {
                    entry.done.resume(returning: answer)
                }
            }
            return rest
        } catch {
            let fault = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
            if !fault.isTransient, entries.count > 1 {
                // One entry made the server refuse the whole call. The halves find which; the others complete.
                let half = entries.count / 2
                let rest = await attempt(Array(entries[..<half]))
                return await rest + attempt(Array(entries[half...]))
            }
            return entries.filter { entry in
                let isOver = !fault.isTransient || entry.isLost()
                if isOver { entry.done.resume(returning: .failure(fault)) }
                return !isOver
            }
        }
    }

    /// Makes a call again and again until it succeeds, is refused, or the lease is lost.
    func insist(
        isLost: @escaping @Sendable () -> Bool, _ call: @escaping @Sendable () async throws -> Job
    ) async -> Result<Job, LonghaulError> {
        await Task {
            var pause = RetryPause()
            while true {
                do {
                    return .success(try await call())
                } catch {
                    let fault = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
                    if !fault.isTransient || isLost() { return .failure(fault) }
                    await pause.wait()
                }
            }
        }.value
    }
}

/// The growing pause between tries: from 50 ms to 5 s, each spread at random so that many do not try at once.
struct RetryPause: Sendable {
    private var seconds = 0.05

    mutating func wait() async {
        let pause = seconds * Double.random(in: 0.5...1)
        seconds = min(5, seconds * 2)
        try? await Task.sleep(for: .seconds(pause))
    }
}
