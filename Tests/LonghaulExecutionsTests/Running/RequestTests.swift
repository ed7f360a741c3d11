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
