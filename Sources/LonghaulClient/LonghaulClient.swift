import LonghaulConcurrency
public import LonghaulCore
public import LonghaulHTTP
import LonghaulJSON

/// A typed client of the HTTP API.
///
/// ```swift
/// let client = try LonghaulClient(server: "http://127.0.0.1:8080")
/// let job = try await client.submit(Resize.self, .init(source: "cat.jpg", width: 320))
/// let output = try await job.result(timeout: .seconds(60))
/// ```
///
/// Each call throws ``LonghaulError`` if the server refuses it, and ``HTTPClientError`` if the server is unreachable or
/// does not answer.
public final class LonghaulClient: Sendable {
    let http: HTTPClient
    let key: ClientKey
    /// The server's address, without a slash at its end.
    public let server: String
    /// The beginning of the URLs of calls.
    let base: String

    /// The pauses before a lost stream of events continues.
    let eventBackoff: ExponentialBackoff

    /// Creates a client of the server at this URL, or at `unix:PATH`, a Unix socket.
    ///
    /// - Parameter key: the API key; nil for none. It is sent to this server alone, also after a redirect.
    /// - Throws: ``LonghaulError`` `invalid_request` if it is neither, or if the file of the key is not
    ///   readable.
    public convenience init(
        server: String, key: APIKeySource? = nil,
        configuration: HTTPClientConfiguration = HTTPClientConfiguration()
    ) throws(LonghaulError) {
        try self.init(
            server: server, key: key, configuration: configuration,
            eventBackoff: ExponentialBackoff(initialSeconds: 0.1, maxSeconds: 6.4, jitter: 0))
    }

    init(
        server: String, key: APIKeySource? = nil,
        configuration: HTTPClientConfiguration = HTTPClientConfiguration(), eventBackoff: ExponentialBackoff
    ) throws(LonghaulError) {
        self.eventBackoff = eventBackoff
        var address = server
        while address.hasSuffix("/") { address.removeLast() }
        var configuration = configuration
        if address.hasPrefix("unix:"), address != "unix:" {
            configuration.socketPath = String(address.dropFirst("unix:".count))
            base = "http://localhost"
        } else if address.hasPrefix("http://") || address.hasPrefix("https://") {
            base = address
        } else {
            throw LonghaulError(
                .invalidRequest,
                "\"\(server)\" is not the address of a server, such as http://127.0.0.1:8080 or unix:/run/longhaul.sock"
            )
        }
        self.server = address
        self.key = try ClientKey(key)
        http = HTTPClient(configuration: configuration)
    }

    /// Cancels all calls in flight. May be called repeatedly.
    public func shutdown() async {
        await http.shutdown()
    }

    /// Checks that the store, the queue and the artifact store of the server are available.
    public func checkReady() async throws {
        _ = try await send("GET", "/readyz")
    }

    /// Checks that the server runs, whether or not its store answers. The call needs no key.
    public func checkLive() async throws {
        _ = try await send("GET", "/healthz")
    }

    // MARK: Calls

    /// The timeout of an answer, in addition to the requested wait, in seconds.
    static let answerTimeout = 30.0

    func send(
        _ method: String, _ path: String, headers: HTTPHeaders = [:],
        body: HTTPClientRequest.Body = .none, waitSeconds: Double = 0, answerTimeout: Double = answerTimeout
    ) async throws -> HTTPClientResponse {
        let request = HTTPClientRequest(
            method: method, url: base + path, headers: headers, body: body,
            timeout: .seconds(waitSeconds + answerTimeout))
        return try await checked(request)
    }

    /// The answer to a request, which must be a success.
    func checked(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let response = try await authorized(request, status: \.status) { try await http.send($0) }
        guard response.isSuccess else { throw Self.problem(response) }
        return response
    }

    func send(
        _ method: String, _ path: String, json: some JSONWritable, headers: HTTPHeaders = [:],
        waitSeconds: Double = 0
    ) async throws -> HTTPClientResponse {
        var writer = JSONWriter(capacity: 1024)
        json.write(to: &writer)
        var headers = headers
        headers["Content-Type"] = "application/json"
        return try await send(
            method, path, headers: headers, body: .bytes(writer.bytes), waitSeconds: waitSeconds)
    }

    /// The error in an unsuccessful answer.
    static func problem(_ response: HTTPClientResponse) -> LonghaulError {
        let pause = response.headers["Retry-After"].flatMap { Double($0) }
        if let error = LonghaulError(problem: response.body, retryAfterSeconds: pause) { return error }
        return LonghaulError(
            code(ofStatus: response.status),
            "the server answered with status \(response.status) and without a problem document; check that the URL is that of a Longhaul server",
            retryAfterSeconds: pause)
    }

    /// The code for an answer without a problem document, such as that of a proxy. A worker repeats calls with a transient one.
    private static func code(ofStatus status: Int) -> LonghaulError.Code {
        switch status {
        case 401: .unauthorized
        case 403, 407: .forbidden
        case 408, 425, 502, 503, 504: .unavailable
        case 413: .payloadTooLarge
        case 429: .rateLimited
        case 500...: .internal
        default: .invalidRequest
        }
    }
}
