import LonghaulJSON
import LonghaulStates

/// `http:invoke` and `apigateway:invoke`: a request to an HTTP endpoint.
struct HTTPCall: Sendable {
    /// What the names of errors begin with.
    private let errorPrefix: String
    private let method: String
    private let url: String
    private let headers: [(name: String, value: String)]
    private let body: [UInt8]

    /// Reads the parameters of the task.
    ///
    /// - Throws: ``CallFailure`` if they describe no request.
    init(_ parameters: JSONText) throws {
        guard let value = try? StateValue(parameters), let endpoint = value["ApiEndpoint"]?.string else {
            throw CallFailure(ErrorName.runtime, "The Parameters have no ApiEndpoint")
        }
        self.init(value, endpoint: endpoint, errorPrefix: "States.Http.StatusCode")
    }

    /// Reads the parameters of `apigateway:invoke`, which name the parts of the URL.
    ///
    /// - Throws: ``CallFailure`` if they describe no request.
    init(gateway parameters: JSONText) throws {
        guard let value = try? StateValue(parameters), let endpoint = value["ApiEndpoint"]?.string else {
            throw CallFailure(ErrorName.runtime, "The Parameters have no ApiEndpoint")
        }
        let auth = value["AuthType"]?.string ?? "NO_AUTH"
        guard auth == "NO_AUTH" else {
            throw CallFailure(
                ErrorName.runtime, "This server does not sign requests for the AuthType \(auth)")
        }
        let base = endpoint.contains("://") ? endpoint : "https://" + endpoint
        let parts = [base, value["Stage"]?.string ?? "", value["Path"]?.string ?? ""]
        let url = parts.map { String($0.trimmingSlashes) }.filter { !$0.isEmpty }.joined(separator: "/")
        self.init(value, endpoint: url, errorPrefix: "ApiGateway")
    }

    private init(_ value: StateValue, endpoint: String, errorPrefix: String) {
        self.errorPrefix = errorPrefix
        method = value["Method"]?.string ?? "GET"
        url = HTTPCall.url(endpoint, value["QueryParameters"])
        var headers = HTTPCall.headers(value["Headers"])
        let isForm = value["Transform"]?["RequestBodyEncoding"]?.string == "URL_ENCODED"
        switch value["RequestBody"] {
        case nil: body = []
        case .string(let text) where headers.contains { HTTPCall.isContentType($0.name) }:
            body = Array(text.utf8)
        case .object(let object) where isForm:
            body = Array(HTTPCall.form(object).utf8)
            HTTPCall.setType("application/x-www-form-urlencoded", &headers)
        case let value?:
            body = value.json.bytes
            HTTPCall.setType("application/json", &headers)
        }
        self.headers = headers
    }

    private static func isContentType(_ name: String) -> Bool { name.lowercased() == "content-type" }

    private static func setType(_ type: String, _ headers: inout [(name: String, value: String)]) {
        if !headers.contains(where: { isContentType($0.name) }) { headers.append(("Content-Type", type)) }
    }

    private static func text(_ value: StateValue) -> String { value.string ?? value.json.description }

    private static func headers(_ value: StateValue?) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for (name, value) in (value?.object ?? StateObject()).members {
            for element in value.array ?? [value] { headers.append((name, text(element))) }
        }
        return headers
    }

    private static func url(_ endpoint: String, _ query: StateValue?) -> String {
        let form = form(query?.object ?? StateObject())
        guard !form.isEmpty else { return endpoint }
        return endpoint + (endpoint.contains("?") ? "&" : "?") + form
    }

    private static func form(_ object: StateObject) -> String {
        object.members.flatMap { name, value in
            (value.array ?? [value]).map {
                "\(PercentEncoding.encode(name))=\(PercentEncoding.encode(text($0)))"
            }
        }.joined(separator: "&")
    }

    /// Sends the request.
    ///
    /// - Throws: ``CallFailure``, ``TaskRequestError``; `CancellationError`.
    func perform(_ requests: (any TaskRequests)?, timeoutSeconds: Double?) async throws -> CallResult {
        guard let requests else {
            throw CallFailure(ErrorName.taskFailed, "This server sends no HTTP requests")
        }
        var request = TaskRequest(method: method, url: url, headers: headers, body: body)
        request.timeoutSeconds = timeoutSeconds
        let response = try await requests.send(request)
        let text = String(decoding: response.body, as: UTF8.self)
        guard (200...299).contains(response.status) else {
            throw CallFailure("\(errorPrefix).\(response.status)", text)
        }
        return CallResult(bounded: HTTPCall.output(response, text))
    }

    private static func output(_ response: TaskResponse, _ text: String) -> JSONText {
        var headers = StateObject()
        for (name, value) in response.headers {
            headers[name] = .array((headers[name]?.array ?? []) + [.string(value)])
        }
        let isJSON = response.header("Content-Type").map { $0.contains("json") } ?? false
        let body = isJSON ? (try? StateValue(parsing: response.body)) ?? .string(text) : .string(text)
        return StateValue.members([
            ("Headers", .object(headers)), ("ResponseBody", body), ("StatusCode", .integer(response.status)),
            ("StatusText", .string(reasons[response.status] ?? "")),
        ]).json
    }

    private static let reasons = [
        200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
        205: "Reset Content", 206: "Partial Content",
    ]
}

extension String {
    /// The text without slashes at both ends.
    fileprivate var trimmingSlashes: Substring {
        var text = self[...]
        while text.first == "/" { text.removeFirst() }
        while text.last == "/" { text.removeLast() }
        return text
    }
}
