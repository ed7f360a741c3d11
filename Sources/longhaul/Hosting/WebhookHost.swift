import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulWebhooks

/// The configured sender of webhooks and of dead letter alerts; without a secret and an alert URL, there is none.
struct WebhookHost: Sendable {
    /// Sends webhooks and alerts; nil if there is nothing to send.
    let sender: WebhookSender?
    private let hasSecret: Bool
    private let timeoutSeconds: Double
    private let reload: WebhookSecretReload?

    /// Creates the sender from the settings.
    ///
    /// - Throws: ``UsageError`` naming the setting.
    init(_ invocation: Invocation) throws {
        timeoutSeconds = try invocation.value(Options.webhookTimeoutSeconds)
        let secrets = try WebhookSecrets.read(invocation)
        hasSecret = !secrets.isEmpty
        let destinations: WebhookDestinations
        do {
            destinations = try WebhookDestinations(allowing: try invocation.value(Options.webhookAllow))
        } catch let error as WebhookSettingError {
            throw invocation.settings.usageError(Options.webhookAllow, error.description)
        }
        let sendsAlerts = try invocation.value(Options.deadLetterAlertURL) != nil
        guard hasSecret || sendsAlerts else {
            sender = nil
            reload = nil
            return
        }
        var http = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        if let file = try invocation.value(Options.webhookCAFile) { http.trust = .systemAnd(file: file) }
        let sender = WebhookSender(
            secrets: secrets, destinations: destinations, timeout: .seconds(timeoutSeconds),
            configuration: http)
        self.sender = sender
        reload = try invocation.value(Options.webhookSecretFile).map { path in
            try WebhookSecretReload(path) { sender.replaceSecrets($0) }
        }
    }

    /// The settings of the engine; nil without a secret.
    var settings: WebhookSettings? {
        guard let sender, hasSecret else { return nil }
        var settings = WebhookSettings(send: sender.send, rejection: sender.rejection)
        settings.timeoutSeconds = timeoutSeconds
        return settings
    }

    /// Ends the attempts under way.
    func close() async {
        reload?.stop()
        await sender?.close()
    }
}
