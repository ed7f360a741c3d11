import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// Calls of functions at a Lambda endpoint.
extension CallHandler {
    func invoke(
        _ function: String, _ payload: JSONText, isEvent: Bool, timeoutSeconds: Double?
    ) async throws -> CallResult {
        guard let lambdaEndpoint, let requests else {
            throw CallFailure("Lambda.SdkClientException", "This server has no Lambda endpoint")
        }
        let base = lambdaEndpoint.hasSuffix("/") ? String(lambdaEndpoint.dropLast()) : lambdaEndpoint
        let name = PercentEncoding.encode(function)
        var request = TaskRequest(
            method: "POST", url: "\(base)/2015-03-31/functions/\(name)/invocations",
            headers: [
                ("Content-Type", "application/json"),
                ("X-Amz-Invocation-Type", isEvent ? "Event" : "RequestResponse"),
            ], body: payload.bytes, isTrusted: true)
        request.timeoutSeconds = timeoutSeconds
        let response = try await requests.send(request)
        let id = response.header("x-amzn-RequestId") ?? ""
        guard (200...299).contains(response.status) else { throw CallHandler.serviceError(response, id) }
        if response.header("X-Amz-Function-Error") != nil { return CallHandler.functionError(response) }
        guard response.body.count <= CallHandler.maxAnswerBytes else { return .tooLarge }
        let body = response.body.isEmpty ? Array("null".utf8) : response.body
        guard let output = try? JSONText(parsing: body, maxDepth: StateValue.maxDepth) else {
            let cause = "The function returned a result that is not valid JSON"
            throw CallFailure(ErrorName.runtime, cause)
        }
        return .succeeded(output)
    }

    /// The error of a function that has failed.
    private static func functionError(_ response: TaskResponse) -> CallResult {
        let text = String(decoding: response.body, as: UTF8.self)
        let type = (try? StateValue(parsing: response.body))?["errorType"]?.string
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

/// Percent-encoding of parts of URLs.
enum PercentEncoding {
    /// Encodes all bytes but letters, digits and `-._~`.
    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                let digits = Array("0123456789ABCDEF".utf8)
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
