import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import Synchronization
import Testing

/// Tasks that send HTTP requests.
struct RequestTests {
    private static func task(_ resource: String, _ fields: String) -> String {
        #"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\#(resource)", \#(fields) "End": true}}}"#
    }

    private static func lambda(_ requests: TestRequests) -> ExecutionTest {
        var settings = ExecutionSettings()
        settings.lambdaEndpoint = "http://lambda.test/"
        return ExecutionTest(settings, requests: requests)
    }

    @Test func functionIsCalledAtTheEndpoint() async throws {
        let requests = TestRequests { _ in TaskResponse(status: 200, body: Array(#"{"a": 1.0}"#.utf8)) }
        let test = Self.lambda(requests)
        let arn = try await test.run(
            Self.task(RunnerTests.function + "f", #""TimeoutSeconds": 7,"#), input: #"{"x":1}"#)
        #expect(try await test.describe(arn)["output"] == .string(#"{"a":1.0}"#))
        let sent = try #require(requests.sent.first)
        #expect(sent.url == "http://lambda.test/2015-03-31/functions/f/invocations")
        #expect(sent.body == Array(#"{"x":1}"#.utf8))
        #expect(sent.isTrusted)
        #expect(sent.timeoutSeconds == 7)
    }

    @Test func errorOfAFunctionHasItsTypeAndItsText() async throws {
        let text = #"{"errorMessage": "no", "errorType": "Boom"}"#
        let test = Self.lambda(
            TestRequests { _ in
                TaskResponse(
                    status: 200, headers: [("x-amz-function-error", "Unhandled")], body: Array(text.utf8))
            })
        let arn = try await test.run(Self.task(RunnerTests.function + "f", ""))
        #expect(try await test.describe(arn)["error"] == .string("Boom"))
        #expect(try await test.describe(arn)["cause"] == .string(text))
    }

    @Test func missingFunctionIsAnErrorOfTheService() async throws {
        let test = Self.lambda(
            TestRequests { _ in
                TaskResponse(
                    status: 404, headers: [("x-amzn-errortype", "ResourceNotFoundException")],
                    body: Array(#"{"Message": "Function not found"}"#.utf8))
            })
        let arn = try await test.run(Self.task(RunnerTests.function + "f", ""))
        #expect(try await test.describe(arn)["error"] == .string("Lambda.ResourceNotFoundException"))
    }

    @Test func invocationHasTheLogAndTheHeaderFields() async throws {
        let requests = TestRequests { _ in
            TaskResponse(
                status: 200, headers: [("X-Amz-Log-Result", "bG9n"), ("X-Amz-Executed-Version", "7")],
                body: Array("{}".utf8))
        }
        let test = Self.lambda(requests)
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::lambda:invoke",
                #""Parameters": {"FunctionName": "f", "Payload": null, "LogType": "Tail"},"#))
        let sent = try #require(requests.sent.first)
        #expect(sent.body == Array("{}".utf8))
        #expect(sent.headers.contains { $0 == ("X-Amz-Log-Type", "Tail") })
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        #expect(output["LogResult"] == .string("bG9n"))
        #expect(output["ExecutedVersion"] == .string("7"))
        #expect(output["Payload"] == .object(StateObject()))
        #expect(output["SdkHttpMetadata"]?["HttpHeaders"]?["X-Amz-Log-Result"] == .string("bG9n"))
    }

    @Test func invocationThatIsTooLargeWithItsHeaderFieldsExceedsTheDataLimit() async throws {
        let body = #"""# + String(repeating: "x", count: 262_000) + #"""#
        let test = Self.lambda(
            TestRequests { _ in
                TaskResponse(
                    status: 200, headers: [("X-Long", String(repeating: "y", count: 200))],
                    body: Array(body.utf8))
            })
        let arn = try await test.run(
            Self.task("arn:aws:states:::lambda:invoke", #""Parameters": {"FunctionName": "f"},"#))
        #expect(try await test.describe(arn)["error"] == .string("States.DataLimitExceeded"))
    }

    @Test func causeOfAnInvocationHasNoSpaces() async throws {
        let test = Self.lambda(
            TestRequests { _ in
                TaskResponse(
                    status: 200, headers: [("x-amz-function-error", "Unhandled")],
                    body: Array(#"{"errorMessage": "no", "errorType": "Boom"}"#.utf8))
            })
        let arn = try await test.run(
            Self.task("arn:aws:states:::lambda:invoke", #""Parameters": {"FunctionName": "f"},"#))
        #expect(
            try await test.describe(arn)["cause"] == .string(#"{"errorMessage":"no","errorType":"Boom"}"#))
    }

    @Test func largeAnswerExceedsTheDataLimit() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "1"), count: 300_000)
        let test = Self.lambda(TestRequests { _ in TaskResponse(status: 200, body: body) })
        let arn = try await test.run(Self.task(RunnerTests.function + "f", ""))
        #expect(try await test.describe(arn)["error"] == .string("States.DataLimitExceeded"))
    }

    @Test func timeLimitOfTheStateEndsTheRequest() async throws {
        let test = Self.lambda(TestRequests { _ in throw TaskRequestError("too late", isTimeout: true) })
        let arn = try await test.run(Self.task(RunnerTests.function + "f", #""TimeoutSeconds": 7,"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Timeout"))
    }

    @Test func endpointReceivesTheParametersOfTheTask() async throws {
        let requests = TestRequests { _ in
            TaskResponse(
                status: 201, headers: [("Content-Type", "application/json")], body: Array("[2]".utf8))
        }
        let test = ExecutionTest(requests: requests)
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::http:invoke",
                #"""
                "Parameters": {"ApiEndpoint": "https://example.com/a", "Method": "POST",
                  "QueryParameters": {"q": "a b", "r": ["1", "2"]}, "Headers": {"X-A": "b"}, "RequestBody": {"n": 1}},
                """#))
        let sent = try #require(requests.sent.first)
        #expect(sent.url == "https://example.com/a?q=a%20b&r=1&r=2")
        #expect(sent.headers.contains { $0 == ("X-A", "b") })
        #expect(sent.headers.contains { $0 == ("Content-Type", "application/json") })
        #expect(sent.body == Array(#"{"n":1}"#.utf8))
        #expect(!sent.isTrusted)
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        #expect(output["StatusCode"] == .integer(201))
        #expect(output["ResponseBody"] == .array([.integer(2)]))
    }

    @Test func statusOfAnEndpointIsTheError() async throws {
        let test = ExecutionTest(requests: TestRequests { _ in TaskResponse(status: 503) })
        let arn = try await test.run(
            Self.task(
                "arn:aws:states:::http:invoke",
                #""Parameters": {"ApiEndpoint": "https://example.com", "Method": "GET"},"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Http.StatusCode.503"))
    }

    // MARK: API Gateway

    private static func gateway(_ parameters: String) -> String {
        task("arn:aws:states:::apigateway:invoke", #""Parameters": \#(parameters),"#)
    }

    @Test func partsOfTheURLOfAnAPIAreJoined() async throws {
        let requests = TestRequests { _ in
            TaskResponse(status: 200, headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
        }
        let test = ExecutionTest(requests: requests)
        let arn = try await test.run(
            Self.gateway(
                #"""
                {"ApiEndpoint": "a.example.com", "Method": "POST", "Stage": "prod", "Path": "/bills/1",
                 "QueryParameters": {"q": ["1"]}, "Headers": {"k": ["1", "2"]}, "RequestBody": {"n": 1}}
                """#))
        let sent = try #require(requests.sent.first)
        #expect(sent.url == "https://a.example.com/prod/bills/1?q=1")
        #expect(sent.headers.filter { $0.name == "k" }.map(\.value) == ["1", "2"])
        #expect(!sent.isTrusted)
        let output = try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "")
        #expect(output["StatusCode"] == .integer(200))
    }

    @Test func statusOfAnAPIIsTheError() async throws {
        let test = ExecutionTest(
            requests: TestRequests { _ in TaskResponse(status: 403, body: Array("no".utf8)) })
        let arn = try await test.run(Self.gateway(#"{"ApiEndpoint": "a.example.com", "Method": "GET"}"#))
        #expect(try await test.describe(arn)["error"] == .string("ApiGateway.403"))
        #expect(try await test.describe(arn)["cause"] == .string("no"))
    }

    @Test func headersOfAnAPIMustBeLists() async throws {
        let test = ExecutionTest(requests: TestRequests { _ in TaskResponse(status: 200) })
        let arn = try await test.run(
            Self.gateway(#"{"ApiEndpoint": "a.example.com", "Method": "GET", "Headers": {"k": "v"}}"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(
            try await test.describe(arn)["cause"]?.string?.hasSuffix(
                "[The value of the field 'Headers' has an invalid format]") == true)
    }

    @Test func signedRequestsToAnAPIAreNotSupported() async throws {
        let requests = TestRequests { _ in TaskResponse(status: 200) }
        let test = ExecutionTest(requests: requests)
        let arn = try await test.run(
            Self.gateway(#"{"ApiEndpoint": "a.example.com", "Method": "GET", "AuthType": "IAM_ROLE"}"#))
        #expect(try await test.describe(arn)["error"] == .string("States.Runtime"))
        #expect(requests.sent.isEmpty)
    }
}

/// Answers requests.
final class TestRequests: TaskRequests {
    private let requests = Mutex<[TaskRequest]>([])
    private let answer: @Sendable (TaskRequest) throws -> TaskResponse

    init(_ answer: @escaping @Sendable (TaskRequest) throws -> TaskResponse) {
        self.answer = answer
    }

    /// The requests so far.
    var sent: [TaskRequest] { requests.withLock { $0 } }

    func send(_ request: TaskRequest) async throws -> TaskResponse {
        requests.withLock { $0.append(request) }
        return try answer(request)
    }
}
