public import LonghaulCore
public import LonghaulHTTP

/// Sends webhooks over HTTP, with the headers and signatures of the Standard Webhooks specification.
///
/// It follows no redirect, uses no proxy, reads little of the answer, and connects only to addresses that the destinations
/// allow.
public final class WebhookSender: Sendable {
    /// The maximum number of bytes of an answer's body that are read, so that the connection can be used again.
    private static let maxAnswerBytes = 16_384

    private let secrets: [WebhookSecret]
    private let destinations: WebhookDestinations
    private let timeout: Duration
    private let http: HTTPClient

    /// A sender.
    ///
    /// - Parameters:
    ///   - secrets: the secrets that sign each webhook: one, or two during a rotation.
    ///   - timeout: the maximum time of an attempt.
    ///   - configuration: the settings of the HTTP client.
    public init(
        secrets: [WebhookSecret], destinations: WebhookDestinations, timeout: Duration,
        configuration: HTTPClientConfiguration = HTTPClientConfiguration()
    ) {
        self.secrets = secrets
        self.destinations = destinations
        self.timeout = timeout
        http = HTTPClient(configuration: configuration)
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
        do {
            let response = try await http.stream(request(for: delivery, at: now))
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

    private func request(for delivery: WebhookDelivery, at now: Timestamp) -> HTTPClientRequest {
        let id = delivery.id.description
        let seconds = now.milliseconds / 1000
        let signatures = secrets.map { $0.signature(id: id, timestamp: seconds, body: delivery.body) }
        var request = HTTPClientRequest(
            method: "POST", url: delivery.url,
            headers: [
                "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": "\(seconds)",
                "webhook-signature": signatures.joined(separator: " "),
            ], body: .bytes(delivery.body), timeout: timeout)
        request.refusesAddress = { [destinations] address in
            destinations.rejection(of: delivery.url, at: address).map { "the URL \($0)" }
        }
        return request
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
