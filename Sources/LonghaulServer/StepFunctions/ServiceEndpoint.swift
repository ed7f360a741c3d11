import LonghaulCore
public import LonghaulExecutions
import LonghaulHTTP
public import LonghaulStates

/// Performs the operations of the Step Functions API.
public protocol OperationPerformer: Sendable {
    /// Performs an operation, such as `CreateStateMachine`.
    ///
    /// - Parameter input: the members, which have been checked with the model of the service.
    /// - Throws: the error of the operation.
    func perform(
        _ operation: String, _ input: StateObject, by caller: OperationCaller
    ) async throws(ServiceError) -> StateObject
}

extension StepFunctions: OperationPerformer {}

/// The endpoint of the AWS protocol: `POST /` with the name of an operation in the field `X-Amz-Target`.
///
/// ``rejection(of:on:)`` checks the head of a request on the serving thread. ``answer(_:_:)`` reads the body, verifies the
/// signature, checks rights and input, and performs the operation.
final class ServiceEndpoint: Sendable {
    /// The maximum size of a body. A definition of 1 MiB may have several bytes for each character.
    static let maxBodyBytes = 8 << 20

    private let performer: any OperationPerformer
    private let context: APIContext
    private let admission: Admission
    private let model = RequestModel.embedded

    init(_ performer: any OperationPerformer, _ context: APIContext, _ admission: Admission) {
        self.performer = performer
        self.context = context
        self.admission = admission
    }

    /// Whether a request is for this endpoint.
    static func receives(_ request: HTTPRequest) -> Bool { request.method == "POST" && request.path == "/" }

    // MARK: Head

    /// The answer that rejects a request because of its head; nil to serve the request.
    func rejection(of request: HTTPRequest, on connection: HTTPConnectionClass) -> HTTPResponse? {
        do throws(ServiceError) {
            try admit(request, on: connection)
            return nil
        } catch {
            context.metrics.recordRejection(Self.code(of: error), isSubmission: false)
            return ServiceAnswer.error(error)
        }
    }

    private func admit(_ request: HTTPRequest, on connection: HTTPConnectionClass) throws(ServiceError) {
        try Self.asServiceError { () throws(LonghaulError) in try admission.checkHost(request, nil) }
        let caller: Caller
        do throws(ServiceError) {
            caller = try SignedRequest(request, for: model.signingName, context.keys).claimed
        } catch {
            try countFailure(of: request)
            throw error
        }
        try Self.asServiceError { () throws(LonghaulError) in
            try admission.check(request, on: connection, by: caller)
            guard let length = request.headers["Content-Length"], Int(length) ?? .max > Self.maxBodyBytes
            else {
                return
            }
            throw LonghaulError(.payloadTooLarge, "the body has more than \(Self.maxBodyBytes) bytes")
        }
    }

    /// Counts a request of an unknown caller towards the rate of its address.
    private func countFailure(of request: HTTPRequest) throws(ServiceError) {
        try Self.asServiceError { () throws(LonghaulError) in try admission.checkRate(ofAddressIn: request) }
    }

    /// The nearest code of the API, for the metrics of rejected requests.
    private static func code(of error: ServiceError) -> LonghaulError.Code {
        switch error.type {
        case "ThrottlingException": .rateLimited
        case "AccessDeniedException": .misdirectedRequest
        case ServiceError.unsupportedMediaType: .unsupportedMediaType
        case ServiceError.tooLarge: .payloadTooLarge
        case "ServiceUnavailable": .systemBusy
        default: .unauthorized
        }
    }

    private static func asServiceError(_ check: () throws(LonghaulError) -> Void) throws(ServiceError) {
        do throws(LonghaulError) { try check() } catch { throw ServiceError(problem: error) }
    }

    // MARK: Answer

    /// Answers a request that was admitted.
    func answer(_ http: HTTPRequest, _ parameters: HTTPParameters) async -> HTTPResponse {
        let began = ContinuousClock.now
        let operation = http.headers["X-Amz-Target"].flatMap { model.operation(ofTarget: $0) }
        let target = "\(model.target).\(operation ?? "unknown")"
        let response: HTTPResponse
        var failure: ServiceError?
        do {
            response = ServiceAnswer.output(try await perform(operation, http, parameters))
        } catch {
            if APIRouter.hasDisconnected(error), !context.held.isInterrupted {
                response = Answer.empty(APIRouter.clientClosedRequest)
            } else {
                let error = Self.serviceError(of: error)
                response = ServiceAnswer.error(error)
                failure = error
                log(error, target, status: response.status)
            }
        }
        context.metrics.record(
            target: target, status: response.status, seconds: (ContinuousClock.now - began) / .seconds(1),
            error: failure?.type)
        return response
    }

    private func perform(
        _ operation: String?, _ http: HTTPRequest, _ parameters: HTTPParameters
    ) async throws -> StateObject {
        // The admission has read the signature. The key may have ended since then.
        let signed = try SignedRequest(http, for: model.signingName, context.keys)
        try OtherSites.refuse(http, context.crossOrigin)
        let claimed = APIRequest(http, by: signed.claimed, parameters, maxBodyBytes: Self.maxBodyBytes)
        let body = try await claimed.body(upTo: Self.maxBodyBytes)
        let caller: Caller
        do throws(ServiceError) {
            caller = try signed.verify(body)
        } catch {
            try countFailure(of: http)
            throw error
        }
        guard let operation else { throw Self.unknown(http) }
        try Self.checkType(of: http)
        try OperationRights.require(operation, for: caller)
        let input = try InputReader.read(operation, body, model)
        let request = APIRequest(http, by: caller, parameters, maxBodyBytes: Self.maxBodyBytes)
        let source = OperationRights.isAudited(operation) ? AuditSource(of: request) : nil
        return try await AuditSource.$current.withValue(source) {
            try await run(operation, input, by: caller)
        }
    }

    private func run(_ operation: String, _ input: StateObject, by caller: Caller) async throws -> StateObject
    {
        let name = OperationCaller(name: caller.keyID == nil ? "" : caller.name)
        guard OperationRights.held.contains(operation) else {
            return try await performer.perform(operation, input, by: name)
        }
        let output = try await context.held.hold(by: caller) { [performer] in
            do {
                return try await performer.perform(operation, input, by: name)
            } catch {
                // An interrupted operation may report any error.
                try Task.checkCancellation()
                throw error
            }
        }
        guard let output else {
            // A worker that gets no task asks again.
            if operation == "GetActivityTask" { return StateObject() }
            throw LonghaulError(.unavailable, "the server interrupted the call; retry it")
        }
        return output
    }

    private static func unknown(_ request: HTTPRequest) -> ServiceError {
        let name = request.headers["X-Amz-Target"]?.prefix(200)
        return ServiceError(
            ServiceError.unknownOperation,
            name.map { "There is no operation \($0)" } ?? "The request has no header X-Amz-Target")
    }

    private static func checkType(of request: HTTPRequest) throws(ServiceError) {
        let type = request.headers["Content-Type"] ?? ""
        let essence = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard essence != ServiceAnswer.contentType else { return }
        throw ServiceError(
            ServiceError.unsupportedMediaType,
            "The Content-Type must be \(ServiceAnswer.contentType), not \"\(type.prefix(80))\"")
    }

    private static func serviceError(of error: any Error) -> ServiceError {
        switch error {
        case let error as ServiceError: error
        case let error as LonghaulError: ServiceError(problem: error)
        case is CancellationError:
            ServiceError(problem: LonghaulError(.unavailable, "the server interrupted the call; retry it"))
        default: ServiceError(problem: LonghaulError(.internal, "\(error)"))
        }
    }

    /// Logs an error of the server.
    private func log(_ error: ServiceError, _ target: String, status: Int) {
        guard status >= 500 else { return }
        var note = Note(
            "\(target) was answered \(error.type): \(error.message)", level: status == 500 ? .error : .warning
        )
        note.requestID = RequestID.current
        context.configuration.note(note)
    }
}
