import LonghaulCore
import LonghaulJSON
import LonghaulStates
import LonghaulWorker

/// A request of a task that a server sends: a call of the Lambda endpoint, or of an HTTP endpoint.
enum TaskCallRequest: Sendable {
    /// A function.
    case function(name: String, payload: JSONText, isEvent: Bool)
    /// `http:invoke` with these parameters.
    case http(JSONText)

    var text: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .function(let name, let payload, let isEvent):
                writer.field("function", name)
                if isEvent { writer.field("event", true) }
                writer.field("payload", payload)
            case .http(let parameters): writer.field("http", parameters)
            }
        }
        return writer.text
    }

    init?(_ text: JSONText) {
        guard let node = try? JSONDocument(lenientlyParsing: text.bytes).root else { return nil }
        if let parameters = node["http"]?.text {
            self = .http(parameters)
        } else if let name = node["function"]?.string, let payload = node["payload"]?.text {
            self = .function(name: name, payload: payload, isEvent: node["event"]?.bool == true)
        } else {
            return nil
        }
    }
}

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
            return Handler.Output(result: try await perform(request, timeoutSeconds: seconds).text)
        }
    }

    /// Sends a request.
    ///
    /// - Parameter timeoutSeconds: Maximum time until the answer is complete; nil for that of the server.
    func perform(_ request: TaskCallRequest, timeoutSeconds: Double?) async throws -> CallResult {
        do {
            switch request {
            case .function(let name, let payload, let isEvent):
                return try await invoke(name, payload, isEvent: isEvent, timeoutSeconds: timeoutSeconds)
            case .http(let parameters):
                return try await HTTPCall(parameters).perform(requests, timeoutSeconds: timeoutSeconds)
            }
        } catch let error as CallFailure {
            return .failed(error.error)
        } catch let error as TaskRequestError where error.isTimeout && timeoutSeconds != nil {
            return .timedOut
        } catch let error as TaskRequestError {
            let name =
                switch request {
                case .function: "Lambda.SdkClientException"
                case .http: error.isRefused ? "States.Http.Refused" : "States.Http.Socket"
                }
            return .failed(
                StateError(name: name, cause: "Unable to execute HTTP request: \(error.message)"))
        }
    }

    /// Maximum size of the answer to a request, in bytes. The result of its job has a little more.
    static let maxAnswerBytes = 262_100
}

/// The error of a task whose request has failed.
struct CallFailure: Error {
    let error: StateError

    init(_ name: String, _ cause: String) {
        error = StateError(name: name, cause: cause)
    }
}

/// How a request has ended.
enum CallResult: Sendable {
    /// With an output.
    case succeeded(JSONText)
    /// With an output that is too large.
    case tooLarge
    /// With an error.
    case failed(StateError)
    /// It took too long.
    case timedOut

    /// The result of the job.
    var text: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .succeeded(let output): writer.field("output", output)
            case .tooLarge: writer.field("too_large", true)
            case .failed(let error): writer.field("failed", error)
            case .timedOut: writer.field("timed_out", true)
            }
        }
        return writer.text
    }

    /// The end of the job of a request.
    init(_ end: ChildEnd) {
        guard end.state == .completed, let result = end.result,
            let node = try? JSONDocument(lenientlyParsing: result.bytes).root
        else {
            let report = TaskReport(job: end)
            if case .failed(let error) = report { self = .failed(error) } else { self = .timedOut }
            return
        }
        if let output = node["output"]?.text {
            self = .succeeded(output)
        } else if node["too_large"]?.bool == true {
            self = .tooLarge
        } else if let failure = node["failed"] {
            self = .failed(StateError(name: failure["error"]?.string, cause: failure["cause"]?.string))
        } else {
            self = .timedOut
        }
    }

    /// The report on the task.
    func report(_ resource: TaskResource) -> TaskReport {
        switch self {
        case .succeeded(let output): .succeeded(output: output)
        case .tooLarge: .failed(.tooLarge(resource.errorName))
        case .failed(let error): .failed(error)
        case .timedOut: .timedOut
        }
    }
}
