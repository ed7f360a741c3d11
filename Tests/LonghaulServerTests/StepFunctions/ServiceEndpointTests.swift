import LonghaulAWS
import LonghaulConcurrency
import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP
import LonghaulStates
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// The AWS protocol at `POST /`.
@Suite struct ServiceEndpointTests {
    /// An operation that was performed.
    private struct Performed: Sendable {
        let operation: String
        let input: StateObject
        let caller: String
        let source: AuditSource?
    }

    /// Records operations, and answers them.
    private final class Performer: OperationPerformer {
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

    private static let type = "application/x-amz-json-1.0"
    private let performer = Performer()
    private let server: ServerFixture

    init() {
        server = ServerFixture(performer: performer)
    }

    private func request(
        _ target: String?, _ body: String = "{}", type: String? = ServiceEndpointTests.type,
        headers: HTTPHeaders = [:],
        query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var headers = headers
        headers["Content-Type"] = type
        headers["X-Amz-Target"] = target
        return ServerFixture.request("POST", "/", query: query, headers: headers, body: Array(body.utf8))
    }

    /// A request that a key has signed.
    private func signed(
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

    private func body(_ answer: HTTPResponse) throws -> StateValue {
        guard case .bytes(let bytes) = answer.body else { return .null }
        return try StateValue(parsing: bytes)
    }

    /// Checks that an answer is a complete error of the protocol.
    private func expectError(
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

    // MARK: Without keys

    @Test func anOperationIsPerformed() async throws {
        let server = ServerFixture(
            performer: Performer { operation throws(ServiceError) in
                StateObject([
                    ("creationDate", .number(.decimal(1_700_000_000.123))), ("operation", .string(operation)),
                ])
            })
        let answer = await server.answer(
            to: request("AWSStepFunctions.ListStateMachines", #"{"maxResults": 5}"#))
        #expect(answer.status == 200 && answer.headers["Content-Type"] == Self.type)
        #expect(answer.headers["x-amzn-RequestId"]?.isEmpty == false)
        #expect(try body(answer)["operation"] == .string("ListStateMachines"))
        #expect(try body(answer)["creationDate"]?.number?.double == 1_700_000_000.123)
    }

    @Test(arguments: [
        nil,
        "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0",
        "Bearer x",
    ])
    func anyCredentialsAreAcceptedWithoutKeys(authorization: String?) async throws {
        var headers: HTTPHeaders = ["Host": "127.0.0.1:8080"]
        headers["Authorization"] = authorization
        let answer = await server.answer(
            to: request("AWSStepFunctions.DescribeActivity", #"{"activityArn": "a"}"#, headers: headers))
        #expect(answer.status == 200)
        let performed = try #require(performer.performed.values.first)
        #expect(
            performed.operation == "DescribeActivity" && performed.caller == "" && performed.source == nil)
        #expect(performed.input["activityArn"] == .string("a"))
    }

    @Test func unknownOperationsAreRefused() async throws {
        for target in ["AWSStepFunctions.Nothing", "AmazonSQS.SendMessage", "x", nil] {
            try expectError(await server.answer(to: request(target)), "UnknownOperationException")
        }
        #expect(performer.performed.values.isEmpty)
    }

    @Test func malformedRequestsAreRefused() async throws {
        let target = "AWSStepFunctions.ListStateMachines"
        try expectError(await server.answer(to: request(target, "{")), "SerializationException")
        try expectError(await server.answer(to: request(target, "")), "SerializationException")
        try expectError(
            await server.answer(to: request(target, #"{"maxResults": 2000}"#)), "ValidationException",
            "maxResults")
        for type in ["application/json", "text/plain", nil] {
            try expectError(
                await server.answer(to: request(target, type: type)), "UnsupportedMediaTypeException",
                status: 415)
        }
        let charset = await server.answer(to: request(target, type: Self.type + "; charset=utf-8"))
        #expect(charset.status == 200)
        let long = request(target, headers: ["Content-Length": "\(ServiceEndpoint.maxBodyBytes + 1)"])
        try expectError(await server.answer(to: long), "RequestEntityTooLargeException", status: 413)
        let chunked = request(target, String(repeating: " ", count: ServiceEndpoint.maxBodyBytes + 1))
        try expectError(await server.answer(to: chunked), "RequestEntityTooLargeException", status: 413)
        let encoded = request(target, headers: ["Content-Encoding": "aws-chunked"])
        try expectError(await server.answer(to: encoded), "UnsupportedMediaTypeException", status: 415)
    }

    @Test func errorsOfOperationsAreAnswered() async throws {
        let errors = [
            "ListStateMachines": ServiceError(
                "InvalidToken", "Invalid Token", details: ["reason": .string("r")]),
            "ListActivities": ServiceError("ServiceUnavailable", "later"),
            "DescribeActivity": ServiceError("InternalFailure", "broken"),
        ]
        let notes = Recorder<Note>()
        let performer = Performer { operation throws(ServiceError) in
            if let error = errors[operation] { throw error }
            return StateObject()
        }
        let server = ServerFixture(performer: performer) { $0.note = { _ = notes.add($0) } }
        let token = await server.answer(to: request("AWSStepFunctions.ListStateMachines"))
        try expectError(token, "InvalidToken", "Invalid Token")
        #expect(try body(token)["reason"] == .string("r"))
        #expect(notes.values.isEmpty)
        let later = await server.answer(to: request("AWSStepFunctions.ListActivities"))
        try expectError(later, "ServiceUnavailable", status: 503)
        let broken = await server.answer(
            to: request("AWSStepFunctions.DescribeActivity", #"{"activityArn": "a"}"#))
        try expectError(broken, "InternalFailure", status: 500)
        #expect(notes.values.map(\.level) == [.warning, .error])
        #expect(notes.values.allSatisfy { $0.requestID?.isEmpty == false })
    }

    @Test func pagesOfOtherSitesAreRefused() async throws {
        let target = "AWSStepFunctions.ListStateMachines"
        let foreign = request(target, headers: ["Origin": "https://evil.example"])
        try expectError(await server.answer(to: foreign), "AccessDeniedException", "other sites")
        for host in ["evil.example", "sync-evil.example", "sync-"] {
            let rebound = request(target, headers: ["Host": host])
            try expectError(await server.answer(to: rebound), "AccessDeniedException", "host")
        }
        for host in ["localhost:8080", "sync-localhost:8080", "sync-127.0.0.1", "[::1]:80"] {
            #expect(
                await server.answer(to: request(target, headers: ["Host": host])).status == 200, "\(host)")
        }
        #expect(performer.performed.values.count == 4)
    }

    @Test func theOtherRoutesStayAsTheyAre() async throws {
        #expect(await server.answer("GET", "/").status == 200)
        #expect(await server.answer("PUT", "/").status == 405)
        let options = await server.answer("OPTIONS", "/")
        #expect(options.status == 204 && options.headers["x-amzn-RequestId"] == nil)
        let none = ServerFixture()
        #expect(await none.answer("POST", "/").status == 405)
    }

    @Test func theRateIsLimited() async throws {
        let server = ServerFixture(performer: performer) { $0.requestsPerSecond = 1 }
        let router = APIRouter(server.context, performer: performer)
        let refused = (0..<5).compactMap { _ in
            router.rejection(of: request("AWSStepFunctions.ListStateMachines"), on: .ordinary)
        }
        #expect(refused.count >= 3)
        try expectError(try #require(refused.first), "ThrottlingException")
    }

    @Test func metricsCountOperations() async throws {
        _ = await server.answer(to: request("AWSStepFunctions.ListStateMachines"))
        _ = await server.answer(to: request("AWSStepFunctions.ListStateMachines", "["))
        _ = await server.answer(to: request("AWSStepFunctions.Nothing"))
        let metrics = await server.answer("GET", "/metrics")
        guard case .bytes(let bytes) = metrics.body else { throw TestFailure("\(metrics)") }
        let text = String(decoding: bytes, as: UTF8.self)
        for line in [
            #"longhaul_http_request_seconds_count{method="POST",route="AWSStepFunctions.ListStateMachines",status="200"} 1"#,
            #"longhaul_http_request_seconds_count{method="POST",route="AWSStepFunctions.unknown",status="400"} 1"#,
            #"longhaul_step_functions_errors_total{operation="AWSStepFunctions.ListStateMachines",type="SerializationException"} 1"#,
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }

    // MARK: With keys

    @Test func aSignedRequestIsServed() async throws {
        let key = try await server.key("shop", [.jobsRead])
        let answer = await server.answer(to: try signed("ListStateMachines", key: key))
        #expect(answer.status == 200, "\(answer)")
        #expect(performer.performed.values.map(\.caller) == ["shop"])
        #expect(performer.performed.values.first?.source == nil)
        // The use of the key is recorded.
        let shown = server.context.keys.shown().first
        #expect(shown?.key.lastUsedAt != nil)
    }

    @Test func changesHaveASource() async throws {
        let key = try await server.key("shop", [.queuesWrite])
        let answer = await server.answer(to: try signed("DeleteActivity", #"{"activityArn": "a"}"#, key: key))
        #expect(answer.status == 200)
        let source = try #require(performer.performed.values.first?.source)
        #expect(source.caller == "shop" && source.keyID == key.key.id && source.requestID?.isEmpty == false)
    }

    @Test func aKeyWithoutTheScopeIsRefused() async throws {
        let key = try await server.key("shop", [.jobsRead])
        let body = #"{"stateMachineArn": "a"}"#
        try expectError(
            await server.answer(to: try signed("StartExecution", body, key: key)), "AccessDeniedException",
            "User: shop is not authorized to perform: states:StartExecution")
        #expect(performer.performed.values.isEmpty)
    }

    @Test func requestsThatNoKeySignedAreRefused() async throws {
        let key = try await server.key("shop", [.jobsRead])
        let target = "AWSStepFunctions.ListStateMachines"
        try expectError(await server.answer(to: request(target)), "MissingAuthenticationTokenException")
        let bearer = request(target, headers: ["Authorization": "Bearer \(key.text)"])
        let answer = await server.answer(to: bearer)
        try expectError(answer, "IncompleteSignatureException")
        #expect(!"\(answer)".contains(key.text))
        for id in [
            "test", key.key.id, key.text,
            AWSAccessKey.id(of: APIKeyText(), secret: server.context.keys.sessionSecret),
        ] {
            try expectError(
                await server.answer(to: try signed("ListStateMachines", key: key, id: id)),
                "UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        try expectError(
            await server.answer(to: try signed("ListStateMachines", key: key, token: "x")),
            "UnrecognizedClientException")
        let early = server.engine.time.now().adding(seconds: -400)
        try expectError(
            await server.answer(to: try signed("ListStateMachines", key: key, at: early)),
            "InvalidSignatureException",
            "Signature expired")
        #expect(performer.performed.values.isEmpty)
        #expect(server.context.keys.shown().first?.key.lastUsedAt == nil)
    }

    @Test func anAlteredRequestIsRefused() async throws {
        let key = try await server.key("shop", [.jobsRead])
        let original = try signed("ListStateMachines", key: key)
        var altered = original
        altered.body = HTTPBody(Array(#"{"maxResults": 5}"#.utf8))
        try expectError(
            await server.answer(to: altered), "InvalidSignatureException",
            "The request signature we calculated")
        let other = try await server.key("other", [.jobsRead])
        let text = try #require(APIKeyText(other.text))
        let id = AWSAccessKey.id(of: text, secret: server.context.keys.sessionSecret)
        try expectError(
            await server.answer(to: try signed("ListStateMachines", key: key, id: id)),
            "InvalidSignatureException")
        #expect(performer.performed.values.isEmpty)
        #expect(server.context.keys.shown().allSatisfy { $0.key.lastUsedAt == nil })
    }

    @Test func aKeyThatHasEndedIsRefused() async throws {
        let key = try await server.key("shop", [.jobsRead])
        _ = try await server.engine.keys.revokeKey(key.key.id)
        try await server.context.keys.refresh()
        try expectError(
            await server.answer(to: try signed("ListStateMachines", key: key)), "UnrecognizedClientException",
            "was revoked")
    }

    @Test func refusedSignaturesCountTowardsTheAddress() async throws {
        let server = ServerFixture(performer: performer) { $0.requestsPerSecond = 1 }
        _ = try await server.key("shop", [.jobsRead])
        let router = APIRouter(server.context, performer: performer)
        let types = try (0..<10).map { _ in
            let answer = router.rejection(of: request("AWSStepFunctions.ListStateMachines"), on: .ordinary)
            return try body(try #require(answer))["__type"]?.string
        }
        #expect(types.first == "MissingAuthenticationTokenException" && types.last == "ThrottlingException")
    }

    // MARK: Waiting

    @Test func heldOperationsEndWithTheServer() async throws {
        let begins = Event<Void>()
        let performer = Performer { operation throws(ServiceError) in
            begins.fire()
            do { try await Task.sleep(for: .seconds(600)) } catch { throw ServiceError(error) }
            return StateObject()
        }
        let server = ServerFixture(performer: performer)
        let task = request("AWSStepFunctions.GetActivityTask", #"{"activityArn": "a"}"#)
        let call = Task { await server.answer(to: task) }
        await begins.wait()
        server.context.held.interrupt()
        let answer = await call.value
        #expect(answer.status == 200)
        #expect(try body(answer) == .object(StateObject()))
    }
}
