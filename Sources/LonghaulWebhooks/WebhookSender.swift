public import LonghaulCore
public import LonghaulHTTP
import Synchronization

/// A request that ``WebhookSender`` signs and sends.
public struct WebhookMessage: Sendable, Hashable {
    /// The ID, which is the same in every attempt.
    public var id: String
    /// The URL to which it is sent.
    public var url: String
    /// The body, a JSON document.
    public var body: [UInt8]

    /// A message with this body.
    public init(id: String, url: String, body: [UInt8]) {
        self.id = id
        self.url = url
        self.body = body
    }
}

/// Sends webhooks over HTTP, with the headers and signatures of the Standard Webhooks specification.
///
/// It follows no redirect, uses no proxy, reads little of the answer, and connects only to addresses that the destinations
/// allow, except for a message to an operator's URL.
public final class WebhookSender: Sendable {
    /// The maximum number of bytes of an answer's body that are read, so that the connection can be used again.
    private static let maxAnswerBytes = 16_384

    private let secrets: Mutex<[WebhookSecret]>
    private let destinations: WebhookDestinations
    private let timeout: Duration
    private let http: HTTPClient

    /// A sender.
    ///
    /// - Parameters:
    ///   - secrets: the secrets that sign each webhook: one, or two during a rotation. Without any, nothing is signed.
    ///   - timeout: the maximum time of an attempt.
    ///   - configuration: the settings of the HTTP client.
    public init(
        secrets: [WebhookSecret], destinations: WebhookDestinations, timeout: Duration,
        configuration: HTTPClientConfiguration = HTTPClientConfiguration()
    ) {
        self.secrets = Mutex(secrets)
        self.destinations = destinations
        self.timeout = timeout
        http = HTTPClient(configuration: configuration)
    }

    /// Replaces the secrets. Attempts under way keep the earlier ones.
    public func replaceSecrets(_ secrets: [WebhookSecret]) {
        self.secrets.withLock { $0 = secrets }
    }

    /// Why the server accepts no webhook to a URL, as far as the URL shows it; nil if it does.
    public func rejection(of url: String) -> String? { destinations.rejection(of: url) }

    /// Sends a webhook.
    ///
    /// - Parameter now: the time of the attempt, which is signed.
    /// - Throws: `CancellationError`.
    public func send(_ delivery: WebhookDelivery, at now: Timestamp) async throws -> WebhookAnswer {
        if let rejection = destinations.rejection(of: delivery.url) {
            return WebhookAnswer(error: "The URL \(rejection).")
        }
        let message = WebhookMessage(
            id: delivery.id.description, url: delivery.url, body: delivery.body)
        var request = request(for: message, at: now)
        request.refusesAddress = { [destinations] address in
            destinations.rejection(of: delivery.url, at: address).map { "the URL \($0)" }
        }
        return try await answer(to: request, at: now)
    }

    /// Sends a message to a URL that an operator has set: the destinations do not limit it.
    ///
    /// - Parameter now: the time of the attempt, which is signed.
    /// - Throws: `CancellationError`.
    public func send(trusted message: WebhookMessage, at now: Timestamp) async throws -> WebhookAnswer {
        try await answer(to: request(for: message, at: now), at: now)
    }

    private func answer(to request: HTTPClientRequest, at now: Timestamp) async throws -> WebhookAnswer {
        do {
            let response = try await http.stream(request)
            let answer = WebhookAnswer(
                status: response.status,
                retryAfterSeconds: response.headers["Retry-After"].flatMap { Self.seconds($0, after: now) })
            await Self.drain(response.body)
            return answer
        } catch {
            if error.code == .cancelled || error.code == .closed { throw CancellationError() }
            return WebhookAnswer(error: error.message)
        }
    }

    /// Closes all connections. Later attempts throw `CancellationError`.
    public func close() async { await http.shutdown() }

    private func request(for message: WebhookMessage, at now: Timestamp) -> HTTPClientRequest {
        let seconds = now.milliseconds / 1000
        let signatures = secrets.withLock { $0 }.map {
            $0.signature(id: message.id, timestamp: seconds, body: message.body)
        }
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "webhook-id": message.id, "webhook-timestamp": "\(seconds)",
        ]
        if !signatures.isEmpty { headers["webhook-signature"] = signatures.joined(separator: " ") }
        return HTTPClientRequest(
            method: "POST", url: message.url, headers: headers, body: .bytes(message.body), timeout: timeout)
    }

    /// Reads a short body to its end. A longer one, or a slow one, ends with the connection.
    private static func drain(_ body: HTTPClientBody) async {
        _ = try? await body.collect(maxBytes: maxAnswerBytes)
    }

    /// The seconds of a `Retry-After` field: a number, or the time until a date.
    static func seconds(_ field: String, after now: Timestamp) -> Double? {
        if !field.isEmpty, field.utf8.allSatisfy({ (48...57).contains($0) }) { return Double(field) }
        return HTTPDate.seconds(field).map { max(0, Double($0) - Double(now.milliseconds) / 1000) }
    }
}
