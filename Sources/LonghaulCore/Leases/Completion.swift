public import LonghaulJSON

/// A worker's word that its attempt succeeded.
public struct Completion: Sendable, Hashable {
    /// The attempt's token.
    public var token: LeaseToken
    /// What came of it: any JSON value.
    public var result: JSONText
    /// Jobs to submit in the same transaction.
    public var next: [NewJob]
    /// How far the attempt had come; nil leaves what the last heartbeat said.
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

/// A worker's word that its attempt failed.
public struct Failure: Sendable, Hashable {
    /// The attempt's token.
    public var token: LeaseToken
    /// Why; its `retryable` says whether another attempt might succeed.
    public var error: JobError
    /// How long to wait before the next attempt, in place of the job's backoff.
    public var retryInSeconds: Double?

    /// A failure with this error.
    public init(token: LeaseToken, error: JobError, retryInSeconds: Double? = nil) {
        self.token = token
        self.error = error
        self.retryInSeconds = retryInSeconds
    }
}
