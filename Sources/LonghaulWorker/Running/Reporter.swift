import LonghaulConcurrency
import LonghaulCore
import LonghaulJSON
import Synchronization

/// Reports the end of attempts. Repeats each report until the server has answered it or the lease has ended.
///
/// Completions that arrive during a call are sent together in the next one. No call waits for a batch to fill, and
/// under load there are few calls. Completions that the server refuses for now are repeated apart from the others, so that
/// they delay no other job.
final class Reporter: Sendable {
    /// The maximum number of completions in one call, and of bytes of results. A single result may be larger.
    private static let maxBatch = 1000
    private static let maxBatchBytes = 8 << 20

    private struct Entry: Sendable {
        let completion: Completion
        let isLost: @Sendable () -> Bool
        let done: CheckedContinuation<Result<Job, LonghaulError>, Never>
    }

    /// Entries to send, and whether a task is sending them.
    private struct Outbox: Sendable {
        private var waiting: [Entry] = []
        private var isSending = false

        /// Adds entries. Returns whether the caller must start the task that sends them.
        mutating func add(_ entries: [Entry]) -> Bool {
            waiting += entries
            defer { isSending = true }
            return !isSending
        }

        /// Removes the entries of the next call; nil, and the task ends, if there are none.
        mutating func take() -> [Entry]? {
            var bytes = 0
            // The first entry is always sent. A result may have any length.
            let entries = Array(
                waiting.prefix(Reporter.maxBatch).prefix { entry in
                    defer { bytes += entry.completion.result.bytes.count }
                    return bytes < Reporter.maxBatchBytes
                })
            waiting.removeFirst(entries.count)
            if entries.isEmpty { isSending = false }
            return entries.isEmpty ? nil : entries
        }
    }

    private struct State {
        var new = Outbox()
        var repeated = Outbox()
    }

    private let gateway: any WorkerGateway
    private let clock: SteadyClock
    private let random: any RandomSource
    private let state = Mutex(State())

    init(gateway: any WorkerGateway, clock: SteadyClock, random: any RandomSource) {
        self.gateway = gateway
        self.clock = clock
        self.random = random
    }

    /// Completes an attempt.
    ///
    /// - Parameter isLost: whether the lease must be presumed lost, so that a retry is useless.
    func complete(
        _ completion: Completion, isLost: @escaping @Sendable () -> Bool
    ) async -> Result<Job, LonghaulError> {
        await withCheckedContinuation { continuation in
            let entry = Entry(completion: completion, isLost: isLost, done: continuation)
            // A separate task: the cancellation of the caller must not cancel the report.
            if state.withLock({ $0.new.add([entry]) }) { Task { await send() } }
        }
    }

    private func send() async {
        while let entries = state.withLock({ $0.new.take() }) {
            let rest = await attempt(entries)
            if !rest.isEmpty, state.withLock({ $0.repeated.add(rest) }) { Task { await sendAgain() } }
        }
    }

    private func sendAgain() async {
        var backoff = ExponentialBackoff.ofCalls
        await backoff.pause(on: clock, random)
        while let entries = state.withLock({ $0.repeated.take() }) {
            let rest = await attempt(entries)
            guard !rest.isEmpty else {
                backoff.reset()
                continue
            }
            _ = state.withLock { $0.repeated.add(rest) }
            await backoff.pause(on: clock, random)
        }
    }

    private static let noAnswer = LonghaulError(.internal, "the server did not answer for this job")

    /// Sends the entries, resumes those that are answered, and returns the others.
    private func attempt(_ entries: [Entry]) async -> [Entry] {
        do {
            let answers = try await gateway.complete(entries.map(\.completion))
            var rest: [Entry] = []
            for (index, entry) in entries.enumerated() {
                let answer = index < answers.count ? answers[index] : .failure(Self.noAnswer)
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
        await Task { [clock, random] in
            var backoff = ExponentialBackoff.ofCalls
            while true {
                do {
                    return .success(try await call())
                } catch {
                    let fault = (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
                    if !fault.isTransient || isLost() { return .failure(fault) }
                    await backoff.pause(on: clock, random)
                }
            }
        }.value
    }
}

extension ExponentialBackoff {
    /// The back-off of calls to the server.
    static var ofCalls: ExponentialBackoff { ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5) }

    /// Sleeps until the next attempt, or until the task is cancelled.
    mutating func pause(on clock: SteadyClock, _ random: any RandomSource) async {
        try? await clock.sleep(for: .seconds(next(random: random.fraction())))
    }
}
