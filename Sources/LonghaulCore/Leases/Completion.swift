public import LonghaulJSON

/// A worker's report that its attempt succeeded.
public struct Completion: Sendable, Hashable {
    /// The attempt's token.
    public var token: LeaseToken
    /// The result: any JSON value.
    public var result: JSONText
    /// The next jobs, which are submitted in the same transaction.
    public var next: [NewJob]
    /// The final progress; nil keeps the progress of the last heartbeat.
    public var progress: Progress?

    /// A completion with this result.
    public init(
        token: LeaseToken, result: JSONText = .null, next: [NewJob] = [], progress: Progress? = nil
    ) {
        self.token = token
        self.result = result
        self.next = next
        self.progress = progress
    }
}

/// A worker's report that its attempt failed.
public struct Failure: Sendable, Hashable {
    /// The attempt's token.
    public var token: LeaseToken
    /// The error. Its `retryable` says whether another attempt may succeed.
    public var error: JobError
    /// The delay before the next attempt, instead of the job's back-off.
    public var retryInSeconds: Double?

    /// A failure with this error.
    public init(token: LeaseToken, error: JobError, retryInSeconds: Double? = nil) {
        self.token = token
        self.error = error
        self.retryInSeconds = retryInSeconds
    }
}
