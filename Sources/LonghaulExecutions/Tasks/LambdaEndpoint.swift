import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// Calls of functions at a Lambda endpoint.
extension CallHandler {
    func invoke(_ call: FunctionCall, timeoutSeconds: Double?) async throws -> CallResult {
        guard let lambdaEndpoint, let requests else {
            throw CallFailure("Lambda.SdkClientException", "This server has no Lambda endpoint")
        }
        let base = lambdaEndpoint.hasSuffix("/") ? String(lambdaEndpoint.dropLast()) : lambdaEndpoint
        let name = PercentEncoding.encode(call.name)
        var request = TaskRequest(
            method: "POST", url: "\(base)/2015-03-31/functions/\(name)/invocations",
            headers: [
                ("Content-Type", "application/json"),
                ("X-Amz-Invocation-Type", call.isEvent ? "Event" : "RequestResponse"),
            ], body: call.payload.bytes, isTrusted: true)
        if let logType = call.logType { request.headers.append(("X-Amz-Log-Type", logType)) }
        request.timeoutSeconds = timeoutSeconds
        let response = try await requests.send(request)
        let id = response.header("x-amzn-RequestId") ?? ""
        guard (200...299).contains(response.status) else { throw CallHandler.serviceError(response, id) }
        if response.header("X-Amz-Function-Error") != nil {
            return CallHandler.functionError(response, isCompact: call.isInvocation)
        }
        guard response.body.count <= CallHandler.maxAnswerBytes else { return .tooLarge }
        let body = response.body.isEmpty ? Array("null".utf8) : response.body
        guard let output = try? JSONText(parsing: body, maxDepth: StateValue.maxDepth) else {
            let cause = "The function returned a result that is not valid JSON"
            throw CallFailure(ErrorName.runtime, cause)
        }
        guard call.isInvocation else { return .succeeded(output) }
        return CallResult(bounded: CallHandler.invocation(output, response))
    }

    /// The output of `lambda:invoke`: the result, and what the service adds.
    private static func invocation(_ payload: JSONText, _ response: TaskResponse) -> JSONText {
        var output = StateObject()
        output["ExecutedVersion"] = response.header("X-Amz-Executed-Version").map { .string($0) }
        output["LogResult"] = response.header("X-Amz-Log-Result").map { .string($0) }
        if !response.body.isEmpty { output["Payload"] = (try? StateValue(payload)) ?? .null }
        output.add(metadata: response)
        output["StatusCode"] = .integer(response.status)
        return StateValue.object(output).json
    }

    /// The error of a function that has failed.
    ///
    /// - Parameter isCompact: whether the cause is written without spaces, as `lambda:invoke` does.
    private static func functionError(_ response: TaskResponse, isCompact: Bool) -> CallResult {
        let body = try? StateValue(parsing: response.body)
        let plain = String(decoding: response.body, as: UTF8.self)
        let text = isCompact ? body?.json.description ?? plain : plain
        let type = body?["errorType"]?.string
        if type == "Sandbox.Timedout" || text.contains("Task timed out after") {
            return .failed(StateError(name: "Sandbox.Timedout", cause: text))
        }
        return .failed(StateError(name: type ?? "Lambda.Unknown", cause: text))
    }

    /// The error of a request that the endpoint has refused.
    private static func serviceError(_ response: TaskResponse, _ id: String) -> CallFailure {
        let body = try? StateValue(parsing: response.body)
        let message =
            body?["Message"]?.string ?? body?["message"]?.string
            ?? String(decoding: response.body.prefix(1000), as: UTF8.self)
        let type = response.header("x-amzn-ErrorType") ?? body?["__type"]?.string ?? "ServiceException"
        let code = String(type.split(separator: ":").first ?? "ServiceException")
        return CallFailure(
            "Lambda.\(code)",
            "\(message) (Service: AWSLambda; Status Code: \(response.status); Error Code: \(code); "
                + "Request ID: \(id); Proxy: null)")
    }
}
