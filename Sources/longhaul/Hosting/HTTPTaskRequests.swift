import LonghaulExecutions
import LonghaulHTTP
import LonghaulWebhooks

/// Sends the HTTP requests of tasks, under the rules for the addresses of webhooks.
struct HTTPTaskRequests: TaskRequests {
    private let http: HTTPClient
    private let destinations: WebhookDestinations

    /// Maximum size of an answer, in bytes.
    private static let maxAnswerBytes = 8 << 20
    /// Maximum time of a request. The time limit of its state is shorter, if it has one.
    private static let timeout = Duration.seconds(900)

    init(_ destinations: WebhookDestinations) {
        self.destinations = destinations
        http = HTTPClient(configuration: HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)"))
    }

    func send(_ request: TaskRequest) async throws -> TaskResponse {
        if !request.isTrusted, let rejection = destinations.rejection(of: request.url) {
            throw TaskRequestError("The URL \(rejection).", isRefused: true)
        }
        var headers = HTTPHeaders()
        for (name, value) in request.headers { headers.add(name, value) }
        var outgoing = HTTPClientRequest(
            method: request.method, url: request.url, headers: headers,
            body: request.body.isEmpty ? .none : .bytes(request.body),
            timeout: request.timeoutSeconds.map { .seconds($0) } ?? Self.timeout)
        if !request.isTrusted {
            outgoing.refusesAddress = { [destinations] address in
                destinations.rejection(of: request.url, at: address).map { "the URL \($0)" }
            }
        }
        do {
            let response = try await http.send(outgoing, maxBytes: Self.maxAnswerBytes)
            return TaskResponse(
                status: response.status, headers: response.headers.fields.map { ($0.name, $0.value) },
                body: response.body)
        } catch {
            if error.code == .cancelled || error.code == .closed { throw CancellationError() }
            throw TaskRequestError(error.message, isTimeout: error.code == .timedOut)
        }
    }

    func close() async { await http.shutdown() }
}
