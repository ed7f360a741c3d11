public import LonghaulJSON

/// The error of a failed attempt, as the worker reported it or the engine detected it.
public struct JobError: Sendable, Hashable {
    /// The type of the error, such as `timeout` or `lease_expired`.
    public var type: String
    /// The message, for people.
    public var message: String
    /// Details from the worker: any JSON value.
    public var details: JSONText?
    /// Whether another attempt may succeed.
    public var retryable: Bool

    /// An error with this type and message.
    public init(type: String, message: String, details: JSONText? = nil, retryable: Bool = true) {
        self.type = type
        self.message = message
        self.details = details
        self.retryable = retryable
    }

    /// The error of an attempt whose worker stopped sending heartbeats.
    public static let leaseExpired = JobError(
        type: "lease_expired", message: "the worker stopped sending heartbeats and its lease ended")
    /// The error of a job that did not start before its `expires_at`.
    public static let expired = JobError(
        type: "expired", message: "the job was not started before its expires_at", retryable: false)
    /// The error of an attempt whose job was cancelled.
    public static let cancelled = JobError(
        type: "cancelled", message: "the job was cancelled while the attempt ran", retryable: false)
    /// The error of a job that has a failed dependency.
    public static func dependencyFailed(_ id: JobID) -> JobError {
        JobError(
            type: "dependency_failed", message: "its dependency \(id) did not complete",
            retryable: false)
    }
}
