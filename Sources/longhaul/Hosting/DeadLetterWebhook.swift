import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulWebhooks

/// Delivers dead letter alerts to the log and, if a URL is set, to a webhook.
///
/// The operator has set the URL, so any address is allowed. The secret of webhooks signs the alerts too.
struct DeadLetterWebhook: Sendable {
    private let target: (url: String, sender: WebhookSender)?

    /// Creates the webhook from the settings.
    ///
    /// - Parameter sender: sends the alerts; nil only if no URL is set.
    init(_ invocation: Invocation, sender: WebhookSender?) throws {
        guard let url = try invocation.value(Options.deadLetterAlertURL), let sender else {
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
        target = (url, sender)
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
        let answer = try await target.sender.send(
            trusted: Self.message(alert, to: target.url), at: SystemTime().now())
        guard let error = answer.error else { return }
        EventLog.log(
            Note(
                "cannot deliver the dead letter alert to \(Self.shown(target.url)): \(error)",
                level: .warning))
        throw RunError(error)
    }

    /// The request for an alert. All attempts to deliver it have the same ID.
    private static func message(_ alert: DeadLetterAlert, to url: String) -> WebhookMessage {
        var writer = JSONWriter()
        alert.write(to: &writer)
        return WebhookMessage(
            id: "\(alert.example.jobID)-\(alert.at.milliseconds)", url: url, body: writer.bytes)
    }

    /// The scheme and the host of a URL, without the path, which often contains a secret.
    private static func shown(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2, let host = parts[2].split(separator: "@").last else { return "its URL" }
        return "\(parts[0])//\(host)/…"
    }
}
