import LonghaulConcurrency
import LonghaulCore
import LonghaulExecutions
import LonghaulHTTP
import LonghaulStates
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// The AWS protocol at `POST /` of a server without API keys.
@Suite struct ServiceEndpointTests {
    private let service = ServiceFixture()

    @Test func anOperationIsPerformed() async throws {
        let server = ServerFixture(
            performer: ServiceFixture.Performer { operation throws(ServiceError) in
                StateObject([
                    ("creationDate", .number(.decimal(1_700_000_000.123))), ("operation", .string(operation)),
                ])
            })
        let answer = await server.answer(
            to: service.request("AWSStepFunctions.ListStateMachines", #"{"maxResults": 5}"#))
        #expect(answer.status == 200 && answer.headers["Content-Type"] == ServiceFixture.type)
        #expect(answer.headers["x-amzn-RequestId"]?.isEmpty == false)
        #expect(try service.body(answer)["operation"] == .string("ListStateMachines"))
        #expect(try service.body(answer)["creationDate"]?.number?.double == 1_700_000_000.123)
    }

    @Test(arguments: [
        nil,
        "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0",
        "Bearer x",
    ])
    func anyCredentialsAreAcceptedWithoutKeys(authorization: String?) async throws {
        var headers: HTTPHeaders = ["Host": "127.0.0.1:8080"]
        headers["Authorization"] = authorization
        let answer = await service.server.answer(
            to: service.request(
                "AWSStepFunctions.DescribeActivity", #"{"activityArn": "a"}"#, headers: headers))
        #expect(answer.status == 200)
        let performed = try #require(service.performer.performed.values.first)
        #expect(
            performed.operation == "DescribeActivity" && performed.caller == "" && performed.source == nil)
        #expect(performed.input["activityArn"] == .string("a"))
    }

    @Test func unknownOperationsAreRefused() async throws {
        for target in ["AWSStepFunctions.Nothing", "AmazonSQS.SendMessage", "x", nil] {
            try service.expectError(
                await service.server.answer(to: service.request(target)), "UnknownOperationException")
        }
        #expect(service.performer.performed.values.isEmpty)
    }

    @Test func malformedRequestsAreRefused() async throws {
        let target = "AWSStepFunctions.ListStateMachines"
        try service.expectError(
            await service.server.answer(to: service.request(target, "{")), "SerializationException")
        try service.expectError(
            await service.server.answer(to: service.request(target, "")), "SerializationException")
        try service.expectError(
            await service.server.answer(to: service.request(target, #"{"maxResults": 2000}"#)),
            "ValidationException",
            "maxResults")
        for type in ["application/json", "text/plain", nil] {
            try service.expectError(
                await service.server.answer(to: service.request(target, type: type)),
                "UnsupportedMediaTypeException",
                status: 415)
        }
        let charset = await service.server.answer(
            to: service.request(target, type: ServiceFixture.type + "; charset=utf-8"))
        #expect(charset.status == 200)
        let long = service.request(target, headers: ["Content-Length": "\(ServiceEndpoint.maxBodyBytes + 1)"])
        try service.expectError(
            await service.server.answer(to: long), "RequestEntityTooLargeException", status: 413)
        let chunked = service.request(target, String(repeating: " ", count: ServiceEndpoint.maxBodyBytes + 1))
        try service.expectError(
            await service.server.answer(to: chunked), "RequestEntityTooLargeException", status: 413)
        let encoded = service.request(target, headers: ["Content-Encoding": "aws-chunked"])
        try service.expectError(
            await service.server.answer(to: encoded), "UnsupportedMediaTypeException", status: 415)
    }

    @Test func errorsOfOperationsAreAnswered() async throws {
        let errors = [
            "ListStateMachines": ServiceError(
                "InvalidToken", "Invalid Token", details: ["reason": .string("r")]),
            "ListActivities": ServiceError("ServiceUnavailable", "later"),
            "DescribeActivity": ServiceError("InternalFailure", "broken"),
        ]
        let notes = Recorder<Note>()
        let performer = ServiceFixture.Performer { operation throws(ServiceError) in
            if let error = errors[operation] { throw error }
            return StateObject()
        }
        let server = ServerFixture(performer: performer) { $0.note = { _ = notes.add($0) } }
        let token = await server.answer(to: service.request("AWSStepFunctions.ListStateMachines"))
        try service.expectError(token, "InvalidToken", "Invalid Token")
        #expect(try service.body(token)["reason"] == .string("r"))
        #expect(notes.values.isEmpty)
        let later = await server.answer(to: service.request("AWSStepFunctions.ListActivities"))
        try service.expectError(later, "ServiceUnavailable", status: 503)
        let broken = await server.answer(
            to: service.request("AWSStepFunctions.DescribeActivity", #"{"activityArn": "a"}"#))
        try service.expectError(broken, "InternalFailure", status: 500)
        #expect(notes.values.map(\.level) == [.warning, .error])
        #expect(notes.values.allSatisfy { $0.requestID?.isEmpty == false })
    }

    @Test func pagesOfOtherSitesAreRefused() async throws {
        let target = "AWSStepFunctions.ListStateMachines"
        let foreign = service.request(target, headers: ["Origin": "https://evil.example"])
        try service.expectError(
            await service.server.answer(to: foreign), "AccessDeniedException", "other sites")
        for host in ["evil.example", "sync-evil.example", "sync-"] {
            let rebound = service.request(target, headers: ["Host": host])
            try service.expectError(await service.server.answer(to: rebound), "AccessDeniedException", "host")
        }
        for host in ["localhost:8080", "sync-localhost:8080", "sync-127.0.0.1", "[::1]:80"] {
            #expect(
                await service.server.answer(to: service.request(target, headers: ["Host": host])).status
                    == 200, "\(host)")
        }
        #expect(service.performer.performed.values.count == 4)
    }

    @Test func theOtherRoutesStayAsTheyAre() async throws {
        #expect(await service.server.answer("GET", "/").status == 200)
        #expect(await service.server.answer("PUT", "/").status == 405)
        let options = await service.server.answer("OPTIONS", "/")
        #expect(options.status == 204 && options.headers["x-amzn-RequestId"] == nil)
        let none = ServerFixture()
        #expect(await none.answer("POST", "/").status == 405)
    }

    @Test func theRateIsLimited() async throws {
        let server = ServerFixture(performer: service.performer) { $0.requestsPerSecond = 1 }
        let router = APIRouter(server.context, performer: service.performer)
        let refused = (0..<5).compactMap { _ in
            router.rejection(of: service.request("AWSStepFunctions.ListStateMachines"), on: .ordinary)
        }
        #expect(refused.count >= 3)
        try service.expectError(try #require(refused.first), "ThrottlingException")
    }

    @Test func metricsCountOperations() async throws {
        _ = await service.server.answer(to: service.request("AWSStepFunctions.ListStateMachines"))
        _ = await service.server.answer(to: service.request("AWSStepFunctions.ListStateMachines", "["))
        _ = await service.server.answer(to: service.request("AWSStepFunctions.Nothing"))
        let metrics = await service.server.answer("GET", "/metrics")
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

    @Test func heldOperationsEndWithTheServer() async throws {
        let begins = Event<Void>()
        let performer = ServiceFixture.Performer { operation throws(ServiceError) in
            begins.fire()
            do { try await Task.sleep(for: .seconds(600)) } catch { throw ServiceError(error) }
            return StateObject()
        }
        let server = ServerFixture(performer: performer)
        let task = service.request("AWSStepFunctions.GetActivityTask", #"{"activityArn": "a"}"#)
        let call = Task { await server.answer(to: task) }
        await begins.wait()
        server.context.held.interrupt()
        let answer = await call.value
        #expect(answer.status == 200)
        #expect(try service.body(answer) == .object(StateObject()))
    }
}
