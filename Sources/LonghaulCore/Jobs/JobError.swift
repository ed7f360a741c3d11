public import LonghaulJSON

/// Why an attempt failed, as the worker told it or the engine found it.
public struct JobError: Sendable, Hashable {
    /// A short word for the kind of fault, such as `timeout` or `lease_expired`.
    public var type: String
    /// What happened, for people.
    public var message: String
    /// Anything more the worker knows: any JSON value.
    public var details: JSONText?
    /// Whether another attempt might succeed.
    public var retryable: Bool

    /// A fault of this type and message.
    public init(type: String, message: String, details: JSONText? = nil, retryable: Bool = true) {
        self.type = type
        self.message = message
        self.details = details
        self.retryable = retryable
    }

    /// The fault of an attempt whose worker stopped sending heartbeats.
    public static let leaseExpired = JobError(
        type: "lease_expired", message: "the worker stopped sending heartbeats and its lease ended")
    /// The fault of a job that was not started by its `expires_at`.
    public static let expired = JobError(
        type: "expired", message: "the job was not started before its expires_at", retryable: false)
    /// The fault of an attempt whose job was cancelled under it.
    public static let cancelled = JobError(
        type: "cancelled", message: "the job was cancelled while the attempt ran", retryable: false)
    /// The fault of a job one of whose dependencies failed.
    public static func dependencyFailed(_ id: JobID) -> JobError {
        JobError(
            type: "dependency_failed", message: "the job it depends on, \(id), did not complete",
            retryable: false)
    }
}
