import LonghaulCore
import LonghaulExecutions
import LonghaulJSON

extension LonghaulError {
    /// The problem of Longhaul's own API for an error of a service.
    init(_ error: ServiceError) {
        switch error.type {
        case "StateMachineDoesNotExist", "ExecutionDoesNotExist", "ResourceNotFound":
            self.init(.notFound, error.message)
        case "StateMachineAlreadyExists", "ExecutionAlreadyExists", "ConflictException",
            "ExecutionNotRedrivable", "StateMachineTypeNotSupported", "StateMachineLimitExceeded",
            "ServiceQuotaExceededException":
            self.init(.conflict, error.message)
        case "ExecutionLimitExceeded": self.init(.systemBusy, error.message)
        case "ThrottlingException": self.init(.rateLimited, error.message)
        case "ServiceUnavailable": self.init(.unavailable, error.message)
        case "InternalFailure": self.init(.internal, error.message)
        default:
            self = .invalid(
                Self.pointers[error.type].map { JSONPointer.root.appending($0) } ?? .root, error.message)
        }
    }

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
