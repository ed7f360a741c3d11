import LonghaulConcurrency
public import LonghaulCore
import LonghaulHTTP

extension LonghaulClient {
    /// Waits until the job has ended in any state.
    ///
    /// The server holds each call until the job has ended, for up to 30 seconds, so that the wait ends at once and needs
    /// few calls. The wait continues after a restart of the server. Without a timeout, it throws when the server was
    /// unreachable for about 20 seconds.
    ///
    /// - Parameter timeout: the maximum time to wait; nil for no limit.
    /// - Throws: ``ResultTimeout`` after the timeout; `CancellationError` if the task is cancelled; ``LonghaulError`` if the
    ///   server refuses the call, such as `not_found`; ``HTTPClientError`` if the server stays unreachable.
    public func wait(for id: JobID, timeout: Duration? = nil) async throws -> Job {
        var wait = JobWait(id: id, timeout: timeout, backoff: eventBackoff)
        while true {
            let call = wait.nextCall()
            do {
                let job = try await job(id, waitSeconds: call.waitSeconds, answerTimeout: call.answerTimeout)
                if job.state.isFinal { return job }
                try await wait.pauseAfterAnswer(to: call)
            } catch let error as HTTPClientError where error.code == .cancelled {
                throw CancellationError()
            } catch {
                guard Self.isTransient(error) else { throw error }
                try await wait.pauseAfterFailure(error)
            }
        }
    }

    private func job(_ id: JobID, waitSeconds: Double, answerTimeout: Double) async throws -> Job {
        let query = waitSeconds > 0 ? "?wait_seconds=\(waitSeconds)" : ""
        let response = try await send(
            "GET", "/v1/jobs/\(id)" + query, waitSeconds: waitSeconds, answerTimeout: answerTimeout)
        return try Job.decode(answer: response.body)
    }

    /// Whether a repetition of the call may succeed.
    static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error.isTransient
        case let error as LonghaulError: error.isTransient
        default: false
        }
    }
}

/// The calls of one wait, and the pauses between them.
private struct JobWait {
    struct Call {
        let startedAt = ContinuousClock.now
        /// How long the server holds the answer, in seconds.
        let waitSeconds: Double
        /// The timeout of the answer beyond that, in seconds.
        let answerTimeout: Double
    }

    private let id: JobID
    private let timeout: Duration?
    private let end: ContinuousClock.Instant?
    private var backoff: ExponentialBackoff
    private var failures = 0

    /// How long one call waits, in seconds.
    private static let callSeconds = 30.0
    /// The timeout of the last answer, in seconds. A wait may exceed its timeout by this time.
    private static let lastAnswerTimeout = 2.0
    /// The number of consecutive failures after which a wait without a timeout ends.
    private static let maxFailures = 8

    init(id: JobID, timeout: Duration?, backoff: ExponentialBackoff) {
        self.id = id
        self.timeout = timeout
        self.backoff = backoff
        end = timeout.map { ContinuousClock.now + $0 }
    }

    /// The time until the end, in seconds.
    private var secondsLeft: Double {
        end.map { max(0, ($0 - ContinuousClock.now) / .seconds(1)) } ?? .infinity
    }

    func nextCall() -> Call {
        let isLast = secondsLeft <= Self.callSeconds
        return Call(
            waitSeconds: min(secondsLeft, Self.callSeconds),
            answerTimeout: isLast ? Self.lastAnswerTimeout : LonghaulClient.answerTimeout)
    }

    /// Pauses if the server has answered early, so that the calls do not follow each other without a pause.
    mutating func pauseAfterAnswer(to call: Call) async throws {
        failures = 0
        try throwIfOver()
        let seconds = (ContinuousClock.now - call.startedAt) / .seconds(1)
        if seconds < call.waitSeconds / 2 { return try await pause(backoff.next()) }
        backoff.reset()
    }

    /// Pauses after a call without an answer.
    ///
    /// - Throws: the error if it was the last one.
    mutating func pauseAfterFailure(_ error: any Error) async throws {
        failures += 1
        try throwIfOver()
        if end == nil, failures >= Self.maxFailures { throw error }
        let advised = (error as? LonghaulError)?.retryAfterSeconds ?? 0
        try await pause(max(backoff.next(), min(advised, Self.callSeconds)))
    }

    private func pause(_ seconds: Double) async throws {
        try await Task.sleep(for: .seconds(min(seconds, secondsLeft)))
    }

    private func throwIfOver() throws {
        if let timeout, secondsLeft <= 0 { throw ResultTimeout(id: id, timeout: timeout) }
    }
}
