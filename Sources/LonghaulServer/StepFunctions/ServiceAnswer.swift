import LonghaulCore
import LonghaulExecutions
import LonghaulHTTP
import LonghaulJSON
import LonghaulStates

/// The answers of the AWS protocol.
enum ServiceAnswer {
    static let contentType = "application/x-amz-json-1.0"

    /// An output of an operation.
    static func output(_ output: StateObject) -> HTTPResponse {
        answer(200, .object(output))
    }

    /// An error of an operation, or of the protocol.
    static func error(_ error: ServiceError) -> HTTPResponse {
        var body = StateObject([("__type", .string(error.type)), ("message", .string(error.message))])
        for (name, value) in error.details.sorted(by: { $0.key < $1.key }) { body[name] = value }
        var response = answer(status(of: error), .object(body))
        response.headers.add("x-amzn-ErrorType", error.type)
        return response
    }

    /// Adds the ID of a request to an answer, under the name that the SDKs read.
    static func add(requestID: String, to headers: inout HTTPHeaders) {
        headers.add("x-amzn-RequestId", requestID)
    }

    static func status(of error: ServiceError) -> Int {
        switch error.type {
        case ServiceError.tooLarge: 413
        case ServiceError.unsupportedMediaType: 415
        default: error.status
        }
    }

    private static func answer(_ status: Int, _ body: StateValue) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": contentType], body: .bytes(body.json.bytes))
    }
}

extension ServiceError {
    static let tooLarge = "RequestEntityTooLargeException"
    static let unsupportedMediaType = "UnsupportedMediaTypeException"
    static let unknownOperation = "UnknownOperationException"

    /// The error of the protocol for a problem of the API.
    init(problem error: LonghaulError) {
        let type =
            switch error.code {
            case .unauthorized: "UnrecognizedClientException"
            case .forbidden, .misdirectedRequest: "AccessDeniedException"
            case .rateLimited: "ThrottlingException"
            case .payloadTooLarge: ServiceError.tooLarge
            case .unsupportedMediaType: ServiceError.unsupportedMediaType
            case .systemBusy, .unavailable: "ServiceUnavailable"
            case .internal: "InternalFailure"
            default: "ValidationException"
            }
        self.init(type, error.detail)
    }
}
