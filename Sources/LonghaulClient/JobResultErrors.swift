public import LonghaulCore
public import LonghaulJSON

/// A job failed for good. A call that waits for its result throws this.
///
/// ```swift
/// do {
///     let output = try await job.result(timeout: .seconds(60))
/// } catch let failure as JobFailed {
///     print(failure.type, failure.message, failure.details ?? .null)
/// }
/// ```
public struct JobFailed: Error, Sendable, Hashable, CustomStringConvertible {
    /// The job.
    public let job: Job

    /// The error of the latest attempt, as the worker reported it or the server detected it.
    public var error: JobError {
        job.error ?? JobError(type: "unknown", message: "the job has no error")
    }
    /// The type of the error, such as `timeout`.
    public var type: String { error.type }
    /// The message of the error, for people.
    public var message: String { error.message }
    /// The details from the worker: any JSON value.
    public var details: JSONText? { error.details }

    /// The details from the worker; nil if there are none.
    ///
    /// - Throws: `DecodingError` if they have another form.
    public func details<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try details?.decode(type)
    }

    /// The job, and its error.
    public var description: String {
        "the job \(job.id) of kind \(job.spec.kind) failed: \(type): \(message)"
    }
}

/// A job was cancelled, or did not start before its `expiresAt`. A call that waits for its result throws this.
public struct JobCancelled: Error, Sendable, Hashable, CustomStringConvertible {
    /// The job.
    public let job: Job

    /// The job, and why it was cancelled.
    public var description: String {
        "the job \(job.id) of kind \(job.spec.kind) was cancelled"
            + (job.error.map { ": \($0.type): \($0.message)" } ?? "")
    }
}

/// A job had not ended when the timeout of a wait had passed. The job continues.
public struct ResultTimeout: Error, Sendable, Hashable, CustomStringConvertible {
    /// The ID of the job.
    public let id: JobID
    /// The timeout.
    public let timeout: Duration

    /// The job, and the timeout.
    public var description: String { "the job \(id) did not end within \(timeout)" }
}
