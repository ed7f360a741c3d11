public import LonghaulCore
public import LonghaulWorker

/// A step has failed, and no attempt is left.
public struct StepError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the step.
    public let name: String
    /// The error of its last attempt.
    public let error: JobError

    /// The name of the step and its error.
    public var description: String { "the step \"\(name)\" failed: \(error.type): \(error.message)" }
}

/// A child job has not completed.
public struct ChildJobError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of the child job.
    public let kind: String
    /// The child job; nil if it was never submitted.
    public let jobID: JobID?
    /// Its error; its type is `cancelled` if it was cancelled.
    public let error: JobError

    /// The child job and its error.
    public var description: String {
        "the job \(jobID.map(\.description) ?? "") of kind \(kind) failed: \(error.type): \(error.message)"
    }
}

extension JobFailure {
    /// An error that no attempt can correct.
    public static func permanent(_ message: String, type: String = "failed") -> JobFailure {
        JobFailure(type: type, message: message, retryable: false)
    }

    /// The failure of a job whose code throws an error.
    init(thrown error: any Error) {
        switch error {
        case let error as StepError:
            self.init(
                type: error.error.type, message: error.description, details: error.error.details,
                retryable: false)
        case let error as ChildJobError:
            self.init(
                type: error.error.type, message: error.description, details: error.error.details,
                retryable: false)
        case is CancellationError:
            self.init(type: "cancelled", message: "the code cancelled itself", retryable: false)
        default: self.init(wrapping: error)
        }
    }
}
