import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Delivers dead letter alerts to the log and, if a URL is set, to a webhook.
struct DeadLetterWebhook: Sendable {
    private let target: (url: String, http: HTTPClient)?

    /// Creates the webhook from the settings.
    init(_ invocation: Invocation) throws {
        guard let url = try invocation.value(Options.deadLetterAlertURL) else {
            target = nil
            return
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw invocation.settings.usageError(Options.deadLetterAlertURL, "must be an http or https URL")
        }
        if try invocation.value(Options.deadLetterAlertRate) == nil {
            throw invocation.settings.usageError(
                Options.deadLetterAlertURL, "requires \(Options.deadLetterAlertRate.declaration.flag)")
        }
        let configuration = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        target = (url, HTTPClient(configuration: configuration))
    }

    /// Delivers an alert.
    ///
    /// - Throws: the error of the webhook call.
    func deliver(_ alert: DeadLetterAlert) async throws {
        EventLog.log(
            Note(
                "too many dead letters: \(alert.count) jobs of the queue \(alert.queue) failed for good within a "
                    + "minute, more than \(alert.threshold); the latest is \(alert.example.jobID), "
                    + Format.error(alert.example.error), level: .warning))
        guard let target else { return }
        do {
            try await post(alert, to: target.url, target.http)
        } catch {
            EventLog.log(
                Note(
                    "cannot deliver the dead letter alert to \(Self.shown(target.url)): \(error)",
                    level: .warning))
            throw error
        }
    }

    /// The scheme and the host of a URL, without the path, which often contains a secret.
    private static func shown(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2, let host = parts[2].split(separator: "@").last else { return "its URL" }
        return "\(parts[0])//\(host)/…"
    }

    private func post(_ alert: DeadLetterAlert, to url: String, _ http: HTTPClient) async throws {
        var writer = JSONWriter()
        alert.write(to: &writer)
        let response = try await http.send(
            HTTPClientRequest(
                method: "POST", url: url, headers: ["Content-Type": "application/json"],
                body: .bytes(writer.bytes), timeout: .seconds(10)))
        guard response.isSuccess else { throw RunError("the URL answered \(response.status)") }
    }

    /// Cancels a delivery in flight.
    func close() async {
        await target?.http.shutdown()
    }
}
