/// Decides whether a job is retried after a failed attempt.
public enum FailureRule {
    /// The next step of the job.
    public enum Decision: Sendable, Hashable {
        /// It is retried after this number of seconds.
        case retry(afterSeconds: Double)
        /// It becomes a dead letter.
        case deadLetter
    }

    /// Decides the next step of a job whose attempt number `attempt` failed with `error`.
    ///
    /// All stores call this function in their transaction, so they decide alike.
    ///
    /// - Parameter retryInSeconds: the delay that the worker requested, instead of the back-off.
    public static func decide(
        spec: JobSpec, attempt: Int, error: JobError, retryInSeconds: Double?, random: any RandomSource
    ) -> Decision {
        guard error.retryable, attempt < spec.maxAttempts else { return .deadLetter }
        return .retry(
            afterSeconds: retryInSeconds ?? spec.backoff.delay(afterFailures: attempt, random: random))
    }
}
