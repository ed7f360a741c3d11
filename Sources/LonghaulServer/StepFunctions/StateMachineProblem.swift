import LonghaulCore
import LonghaulExecutions
import LonghaulJSON

extension LonghaulError {
    /// The problem of Longhaul's own API for an error of a service.
    init(_ error: ServiceError) {
        let message = Self.messages[error.type] ?? error.message
        switch error.type {
        case "StateMachineDoesNotExist", "ExecutionDoesNotExist", "ResourceNotFound":
            self.init(.notFound, message)
        case "StateMachineAlreadyExists", "ExecutionAlreadyExists", "ConflictException",
            "ExecutionNotRedrivable", "StateMachineTypeNotSupported", "StateMachineLimitExceeded",
            "ServiceQuotaExceededException":
            self.init(.conflict, message)
        case "ExecutionLimitExceeded": self.init(.systemBusy, error.message)
        case "ThrottlingException": self.init(.rateLimited, error.message)
        case "ServiceUnavailable": self.init(.unavailable, error.message)
        case "InternalFailure": self.init(.internal, error.message)
        default:
            self = .invalid(
                Self.pointers[error.type].map { JSONPointer.root.appending($0) } ?? .root, message)
        }
    }

    /// What is wrong in the words of this API.
    private static let messages = [
        "StateMachineDoesNotExist": "there is no such state machine, version or alias",
        "StateMachineAlreadyExists": "there is another state machine of this name, with another content",
        "ExecutionAlreadyExists":
            "there is an execution of this name, which has another input or has ended; names are not used again",
        "StateMachineTypeNotSupported": "executions of an express state machine are not stored",
        "InvalidName":
            "expected 1 to 80 characters, no white space, no control characters, and none of "
            + ##"<>{}[]?*"#%\^|~`$&,;:/"##,
    ]

    /// The field of a request that an error is about.
    private static let pointers = [
        "InvalidName": "name", "InvalidDefinition": "definition", "InvalidExecutionInput": "input",
        "TooManyTags": "tags",
    ]
}

/// Runs a call of a service. Its errors become problems.
func asProblem<Value>(
    _ body: () async throws(ServiceError) -> Value
) async throws(LonghaulError) -> Value {
    do {
        return try await body()
    } catch {
        throw LonghaulError(error)
    }
}
