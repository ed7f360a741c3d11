import LonghaulCore
import LonghaulJSON
import LonghaulStates
import LonghaulWorker

/// Sends the requests of tasks, as jobs of a kind of their own: a request that a crash has interrupted is sent again.
struct CallHandler: Sendable {
    /// The kind of the jobs.
    static let kind = "longhaul.call"
    /// Their queue.
    static let queue = "execution-calls"
    /// Maximum time of a request, in seconds.
    static let maxSeconds = 900.0
    /// How often a request is sent whose server has crashed.
    private static let maxAttempts = 10
    /// How much longer than its request an attempt may take, in seconds.
    private static let reportSeconds = 10.0

    let requests: (any TaskRequests)?
    /// Calls AWS services; nil if this server calls none.
    let services: (any ServiceCalls)?
    /// What the operator allows.
    let resources: TaskResources
    /// The URL of a Lambda endpoint; nil to run functions as jobs.
    let lambdaEndpoint: String?

    /// The job of a request.
    ///
    /// - Parameter timeoutSeconds: the time limit of the task, which ends the request and not the attempt: an attempt would be repeated.
    func job(_ request: TaskCallRequest, timeoutSeconds: Int?) -> NewJob {
        var spec = JobSpec(kind: CallHandler.kind, payload: request.text, queue: CallHandler.queue)
        spec.maxAttempts = CallHandler.maxAttempts
        if let timeoutSeconds, Double(timeoutSeconds) < CallHandler.maxSeconds {
            spec.timeoutSeconds = Double(timeoutSeconds) + CallHandler.reportSeconds
        }
        return NewJob(spec)
    }

    /// The handler of the jobs.
    var handler: Handler {
        Handler(
            kind: CallHandler.kind, queue: CallHandler.queue, timeoutSeconds: CallHandler.maxSeconds
        ) { context in
            guard let request = TaskCallRequest(context.job.spec.payload) else {
                throw JobFailure(type: "damaged", message: "the payload is damaged", retryable: false)
            }
            let seconds = context.job.spec.timeoutSeconds.map { $0 - CallHandler.reportSeconds }
            let token = context.job.id.description
            return Handler.Output(
                result: try await perform(request, token: token, timeoutSeconds: seconds).text)
        }
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - token: A text that is the same each time the request is repeated.
    ///   - timeoutSeconds: Maximum time until the answer is complete; nil for that of the server.
    func perform(
        _ request: TaskCallRequest, token: String, timeoutSeconds: Double?
    ) async throws -> CallResult {
        do {
            switch request {
            case .function(let call): return try await invoke(call, timeoutSeconds: timeoutSeconds)
            case .http(let parameters):
                return try await HTTPCall(parameters).perform(requests, timeoutSeconds: timeoutSeconds)
            case .gateway(let parameters):
                return try await HTTPCall(gateway: parameters).perform(
                    requests, timeoutSeconds: timeoutSeconds)
            case .service(let arn, let parameters):
                return try await call(arn, parameters, token: token, timeoutSeconds: timeoutSeconds)
            }
        } catch let error as CallFailure {
            return .failed(error.error)
        } catch let error as TaskRequestError where error.isTimeout && timeoutSeconds != nil {
            return .timedOut
        } catch let error as TaskRequestError {
            let cause = "Unable to execute HTTP request: \(error.message)"
            return .failed(StateError(name: CallHandler.errorName(error, request), cause: cause))
        }
    }

    /// The name of the error of a request that has no answer.
    private static func errorName(_ error: TaskRequestError, _ request: TaskCallRequest) -> String {
        switch request {
        case .function: return "Lambda.SdkClientException"
        case .http: return error.isRefused ? "States.Http.Refused" : "States.Http.Socket"
        case .gateway: return "ApiGateway.SdkClientException"
        case .service(let arn, _):
            let integration = TaskResource(arn: arn).flatMap { ServiceIntegration($0) }
            return "\(integration?.errorPrefix ?? "Aws").SdkClientException"
        }
    }

    /// Calls the operation of a resource.
    private func call(
        _ arn: String, _ parameters: JSONText, token: String, timeoutSeconds: Double?
    ) async throws -> CallResult {
        guard let services, let integration = TaskResource(arn: arn).flatMap({ resources.integration($0) })
        else {
            throw CallFailure(ErrorName.runtime, "This server cannot run the resource \(arn)")
        }
        let call = ServiceCall(
            integration: integration, parameters: (try? StateValue(parameters)) ?? .null, token: token)
        return try await call.perform(services, timeoutSeconds: timeoutSeconds)
    }

    /// Maximum size of the answer to a request, in bytes. The result of its job has a little more.
    static let maxAnswerBytes = 262_100
}
