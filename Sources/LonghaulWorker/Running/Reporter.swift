import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import Synchronization

/// Reports the end of attempts. Repeats each report until the server has answered it or the lease has ended.
///
/// Completions that arrive during a call are sent together in the next one. No call waits for a batch to fill, and
/// under load there are few calls.
final class Reporter: Sendable {
    /// The maximum number of completions in one call, and of bytes of results. A single result may be larger.
    private static let maxBatch = 1000
    private static let maxBatchBytes = 8 << 20

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
    /// - Parameter isLost: whether the lease must be presumed lost, so that a retry is useless.
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
            // A separate task: the cancellation of the caller must not cancel the report.
            if isFirst { Task { await send() } }
        }
    }

    private func send() async {
        while let entries = take() {
            var backoff = ExponentialBackoff.ofCalls
            var rest = entries
            while !rest.isEmpty {
                rest = await attempt(rest)
                if !rest.isEmpty { await backoff.pause() }
            }
        }
    }

    private func take() -> [Entry]? {
        state.withLock { state in
            var bytes = 0
            let entries = Array(
                state.waiting.prefix(Self.maxBatch).prefix { entry in
                    defer { bytes += entry.completion.result.bytes.count }
                    return bytes < Self.maxBatchBytes
                })
            state.waiting.removeFirst(entries.count)
            if entries.isEmpty { state.isSending = false }
            return entries.isEmpty ? nil : entries
        }
    }

    /// Sends the entries, resumes those that are answered, and returns the others.
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
                // One entry made the server refuse the whole call. A binary search finds it, and the others complete.
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

    /// Repeats a call until it succeeds, the server refuses it, or the lease is lost.
    func retry(
        isLost: @escaping @Sendable () -> Bool, _ call: @escaping @Sendable () async throws -> Job
    ) async -> Result<Job, LonghaulError> {
        await Task {
            var backoff = ExponentialBackoff.ofCalls
            while true {
                do {
                    return .success(try await call())
                } catch {
                    let fault = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
                    if !fault.isTransient || isLost() { return .failure(fault) }
                    await backoff.pause()
                }
            }
        }.value
    }
}

extension ExponentialBackoff {
    /// The back-off of calls to the server.
    static var ofCalls: ExponentialBackoff { ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5) }

    /// Sleeps until the next attempt, or until the task is cancelled.
    mutating func pause() async {
        try? await Task.sleep(for: .seconds(next(random: SystemRandom().fraction())))
    }
}
