public import LonghaulCore

/// An attempt of a step.
public struct StepContext: Sendable {
    /// The job.
    public let jobID: JobID
    /// The identifier of the operation in the journal.
    public let id: String
    /// The number of the attempt, from 1.
    public let attempt: Int

    /// The same text at each attempt of the step, and different for each other step: an idempotency key for other
    /// systems.
    public var key: String { "\(jobID)/\(id)" }
}

/// When a failed attempt of a step is repeated.
public struct StepRetry: Sendable, Hashable {
    /// The maximum number of attempts.
    public var maxAttempts: Int
    /// The delay after the first failed attempt.
    public var delay: Duration
    /// The factor from one delay to the next.
    public var factor: Double
    /// The maximum delay.
    public var maxDelay: Duration

    /// A rule for repeated attempts.
    public init(
        maxAttempts: Int = 5, delay: Duration = .seconds(1), factor: Double = 2,
        maxDelay: Duration = .minutes(10)
    ) {
        self.maxAttempts = maxAttempts
        self.delay = delay
        self.factor = factor
        self.maxDelay = maxDelay
    }

    /// Five attempts, after 1 s, 2 s, 4 s and 8 s.
    public static let standard = StepRetry()
    /// One attempt.
    public static let never = StepRetry(maxAttempts: 1)

    /// The delay after a number of failed attempts, in seconds.
    func seconds(afterAttempts attempts: Int) -> Double {
        var seconds = delay.inSeconds
        for _ in 1..<max(attempts, 1) where seconds < maxDelay.inSeconds { seconds *= factor }
        return max(0, min(seconds, maxDelay.inSeconds))
    }
}
