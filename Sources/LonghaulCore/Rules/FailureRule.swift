/// What becomes of a job whose attempt failed.
public enum FailureRule {
    /// The next step of the job.
    public enum Decision: Sendable, Hashable {
        /// It waits so many seconds and is then tried again.
        case retry(afterSeconds: Double)
        /// It goes to the dead letter queue.
        case deadLetter
    }

    /// Decides for a job whose attempt number `attempt` failed with `error`.
    ///
    /// Stores call it inside their transaction, so that all of them decide alike.
    ///
    /// - Parameter retryInSeconds: the worker's own wish, in place of the backoff.
    public static func decide(
        spec: JobSpec, attempt: Int, error: JobError, retryInSeconds: Double?, random: any RandomSource
    ) -> Decision {
        guard error.retryable, attempt < spec.maxAttempts else { return .deadLetter }
        return .retry(
            afterSeconds: retryInSeconds ?? spec.backoff.delay(afterFailures: attempt, random: random))
    }
}
