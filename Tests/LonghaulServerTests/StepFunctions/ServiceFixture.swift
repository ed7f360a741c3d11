import LonghaulAWS
import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP
import LonghaulStates
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// A server with the AWS protocol, whose operations are recorded, and requests to it.
struct ServiceFixture: Sendable {
    /// An operation that was performed.
    struct Performed: Sendable {
        let operation: String
        let input: StateObject
        let caller: String
        let source: AuditSource?
    }

    /// Records operations, and answers them.
    final class Performer: OperationPerformer {
        let performed = Recorder<Performed>()
        private let answer: @Sendable (String) async throws(ServiceError) -> StateObject

        init(
            _ answer: @escaping @Sendable (String) async throws(ServiceError) -> StateObject = { _ in
                StateObject()
            }
        ) {
            self.answer = answer
        }

        func perform(
            _ operation: String, _ input: StateObject, by caller: OperationCaller
        ) async throws(ServiceError) -> StateObject {
            _ = performed.add(
                Performed(
                    operation: operation, input: input, caller: caller.name, source: AuditSource.current))
            return try await answer(operation)
        }
    }

    static let type = "application/x-amz-json-1.0"
    let performer = Performer()
    let server: ServerFixture

    init() {
        server = ServerFixture(performer: performer)
    }

    func request(
        _ target: String?, _ body: String = "{}", type: String? = ServiceFixture.type,
        headers: HTTPHeaders = [:],
        query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var headers = headers
        headers["Content-Type"] = type
        headers["X-Amz-Target"] = target
        return ServerFixture.request("POST", "/", query: query, headers: headers, body: Array(body.utf8))
    }

    /// A request that a key has signed.
    func signed(
        _ operation: String, _ body: String = "{}", key: IssuedAPIKey, id: String? = nil,
        at time: Timestamp? = nil,
        token: String? = nil
    ) throws -> HTTPRequest {
        let text = try #require(APIKeyText(key.text))
        let secret = server.context.keys.sessionSecret
        let credentials = AWSCredentials(
            accessKeyID: id ?? AWSAccessKey.id(of: text, secret: secret), secretAccessKey: key.text,
            sessionToken: token)
        var request = AWSRequest(action: "test", resource: "a test", method: "POST")
        request.headers = ["Content-Type": Self.type, "X-Amz-Target": "AWSStepFunctions.\(operation)"]
        request.body = Array(body.utf8)
        var headers = AWSSigner(service: "states", region: "us-east-1").headers(
            of: request, at: try AWSEndpoint("http://localhost"), credentials: credentials,
            time: time ?? server.engine.time.now())
        headers["Host"] = "localhost"
        return ServerFixture.request("POST", "/", headers: headers, body: request.body)
    }

    func body(_ answer: HTTPResponse) throws -> StateValue {
        guard case .bytes(let bytes) = answer.body else { return .null }
        return try StateValue(parsing: bytes)
    }

    /// Checks that an answer is a complete error of the protocol.
    func expectError(
        _ answer: HTTPResponse, _ type: String, status: Int = 400, _ message: String? = nil
    ) throws {
        let body = try body(answer)
        #expect(body["__type"]?.string == type, "\(body.json)")
        #expect(body["message"]?.string?.isEmpty == false, "\(body.json)")
        if let message { #expect(body["message"]?.string?.contains(message) == true, "\(body.json)") }
        #expect(answer.status == status, "\(body.json)")
        #expect(answer.headers["Content-Type"] == Self.type)
        #expect(answer.headers["x-amzn-ErrorType"] == type)
        #expect(answer.headers["x-amzn-RequestId"]?.isEmpty == false)
        #expect(answer.headers.values("X-Request-Id") == answer.headers.values("x-amzn-RequestId"))
    }
}
