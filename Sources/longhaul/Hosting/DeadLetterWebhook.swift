import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// Tells of dead letters that grow too fast: on standard error and, if there is a URL, by a webhook.
struct DeadLetterWebhook: Sendable {
    private let target: (url: String, http: HTTPClient)?

    /// The webhook that the settings name.
    init(_ invocation: Invocation) throws {
        guard let url = try invocation.value(Options.deadLetterAlertURL) else {
            target = nil
            return
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw invocation.settings.fault(Options.deadLetterAlertURL, "must be an http or https URL")
        }
        if try invocation.value(Options.deadLetterAlertRate) == nil {
            throw invocation.settings.fault(
                Options.deadLetterAlertURL, "needs \(Options.deadLetterAlertRate.declaration.flag) as well")
        }
        let configuration = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        target = (url, HTTPClient(configuration: configuration))
    }

    /// Tells of an alert.
    ///
    /// - Throws: what keeps the webhook from being delivered.
    func deliver(_ alert: DeadLetterAlert) async throws {
        EventLog.tell(
            Note(
                "dead letters grow: \(alert.count) jobs of the queue \(alert.queue) failed for good within a "
                    + "minute, more than \(alert.threshold); the latest, \(alert.example.jobID), by "
                    + Words.error(alert.example.error), level: .warning))
        guard let target else { return }
        do {
            try await post(alert, to: target.url, target.http)
        } catch {
            EventLog.tell(
                Note(
                    "the dead letter alert was not accepted by \(Self.shown(target.url)): \(error)",
                    level: .warning))
            throw error
        }
    }

    /// The scheme and the host of a URL: the path of a webhook is often its secret.
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
        guard response.isSuccess else { throw RunError("it answered \(response.status)") }
    }

    /// Ends a delivery under way.
    func close() async {
        await target?.http.shutdown()
    }
}
