import LonghaulCore
import LonghaulExecutions
import LonghaulJSON
import LonghaulStates
import Synchronization

/// What tests of tasks that call AWS services share.
enum ServiceCallSupport {
    static func definition(_ resource: String, _ parameters: String, _ fields: String = "") -> String {
        #"""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::\#(resource)",
          "Parameters": \#(parameters), \#(fields) "End": true}}}
        """#
    }

    static func test(
        _ services: Set<String>, _ answer: @escaping @Sendable (ServiceCallRequest) throws -> TaskResponse
    ) -> (ExecutionTest, TestCalls) {
        let calls = TestCalls(answer)
        let settings = ExecutionSettings(
            services: services, isResourceSupported: TaskResources(services: services).isSupported)
        return (ExecutionTest(settings, services: calls), calls)
    }

    static func response(
        _ body: String, _ headers: [(name: String, value: String)] = [], status: Int = 200
    ) -> TaskResponse {
        TaskResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    static func output(_ test: ExecutionTest, _ arn: String) async throws -> StateValue {
        try StateValue(parsing: try await test.describe(arn)["output"]?.string ?? "null")
    }
}

/// Answers calls of services.
final class TestCalls: ServiceCalls {
    private let requests = Mutex<[ServiceCallRequest]>([])
    private let answer: @Sendable (ServiceCallRequest) throws -> TaskResponse

    init(_ answer: @escaping @Sendable (ServiceCallRequest) throws -> TaskResponse) {
        self.answer = answer
    }

    /// The requests so far.
    var sent: [ServiceCallRequest] { requests.withLock { $0 } }

    func send(_ request: ServiceCallRequest) async throws -> TaskResponse {
        requests.withLock { $0.append(request) }
        return try answer(request)
    }
}
