internal import LonghaulCore
public import LonghaulStates

/// An error of an operation of the Step Functions API: `StateMachineDoesNotExist` and its message.
public struct ServiceError: Error, Sendable, Hashable {
    /// AWS's name of the error.
    public var type: String
    /// A message for people, in AWS's words where they are known.
    public var message: String
    /// Members beside the message, for example `resourceName`.
    public var details: [String: StateValue]

    /// An error.
    public init(_ type: String, _ message: String, details: [String: StateValue] = [:]) {
        self.type = type
        self.message = message
        self.details = details
    }

    /// The status of the HTTP response.
    public var status: Int {
        switch type {
        case ServiceError.internalFailure: 500
        case ServiceError.serviceUnavailable: 503
        default: 400
        }
    }

    static let internalFailure = "InternalFailure"
    static let serviceUnavailable = "ServiceUnavailable"
    static let throttling = "ThrottlingException"
    static let validation = "ValidationException"
}

extension ServiceError {
    /// The input breaks a rule.
    ///
    /// - Parameter reason: AWS's code of the rule, if it has one: `INVALID_ROUTING_CONFIGURATION`.
    public static func invalid(_ message: String, reason: String? = nil) -> ServiceError {
        ServiceError(validation, message, details: reason.map { ["reason": .string($0)] } ?? [:])
    }

    /// A text is not an ARN, or the ARN of something else than the operation takes.
    public static func invalidARN(_ message: String) -> ServiceError {
        ServiceError("InvalidArn", "Invalid Arn: '\(message)'")
    }

    /// A name has characters or a length that names cannot have.
    public static func invalidName(_ name: String) -> ServiceError {
        ServiceError("InvalidName", "Invalid Name: '\(name)'")
    }

    /// The token of a page was not made by this operation.
    public static let invalidToken = ServiceError("InvalidToken", "Invalid Token: 'Invalid token'")

    /// There is no machine, version or alias of this ARN.
    public static func noMachine(_ arn: String) -> ServiceError {
        ServiceError("StateMachineDoesNotExist", "State Machine Does Not Exist: '\(arn)'")
    }

    /// There is no activity of this ARN.
    public static func noActivity(_ arn: String) -> ServiceError {
        ServiceError("ActivityDoesNotExist", "Activity Does Not Exist: '\(arn)'")
    }

    /// There is no resource of this ARN.
    public static func noResource(_ arn: String) -> ServiceError {
        ServiceError(
            "ResourceNotFound", "Resource not found: '\(arn)'", details: ["resourceName": .string(arn)])
    }

    /// The operation conflicted with other changes of a resource too often.
    static func concurrent(_ arn: String) -> ServiceError {
        .conflict("Concurrent requests are changing the resource '\(arn)'. Try again.")
    }

    /// Concurrent requests, or the state of a resource, do not allow the operation.
    public static func conflict(_ message: String) -> ServiceError {
        ServiceError("ConflictException", message)
    }
}

extension ServiceError {
    /// The error that a caller sees if the store, or another part of the server, has failed.
    public init(_ error: any Error) {
        if let error = error as? ServiceError {
            self = error
        } else if let error = error as? LonghaulError {
            switch error.code {
            case .systemBusy, .rateLimited: self.init(ServiceError.throttling, error.detail)
            case .unavailable: self.init(ServiceError.serviceUnavailable, error.detail)
            default: self.init(ServiceError.internalFailure, error.detail)
            }
        } else {
            self.init(ServiceError.internalFailure, "\(error)")
        }
    }
}

extension ServiceError: CustomStringConvertible {
    /// The type and the message.
    public var description: String { "\(type): \(message)" }
}
