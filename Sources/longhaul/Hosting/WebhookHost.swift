import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulWebhooks

/// The configured sender of webhooks and of dead letter alerts.
struct WebhookHost: Sendable {
    /// Sends webhooks and alerts; nil if there is nothing to send.
    let sender: WebhookSender?
    /// Whether the secret of the store signs, because none is configured. A worker does not use it: its servers may have a
    /// configured one.
    private let usesStoreSecret: Bool
    private let hasSecret: Bool
    private let timeoutSeconds: Double
    private let reload: WebhookSecretReload?

    /// Creates the sender from the settings.
    ///
    /// - Parameter isServing: whether this process is a server. Without a secret, a worker sends no webhooks.
    /// - Throws: ``UsageError`` naming the setting.
    init(_ invocation: Invocation, isServing: Bool) throws {
        timeoutSeconds = try invocation.value(Options.webhookTimeoutSeconds)
        let secrets = try WebhookSecrets.read(invocation)
        hasSecret = !secrets.isEmpty
        usesStoreSecret = isServing && !hasSecret
        let destinations: WebhookDestinations
        do {
            destinations = try WebhookDestinations(allowing: try invocation.value(Options.webhookAllow))
        } catch let error as WebhookSettingError {
            throw invocation.settings.usageError(Options.webhookAllow, error.description)
        }
        let sendsAlerts = try invocation.value(Options.deadLetterAlertURL) != nil
        guard isServing || hasSecret || sendsAlerts else {
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

    /// The settings of the engine, which delivers webhooks; nil for a worker without a secret.
    ///
    /// - Parameter store: holds the secret that signs if none is configured.
    func settings(over store: any JobStore) async throws(LonghaulError) -> WebhookSettings? {
        guard let sender, hasSecret || usesStoreSecret else { return nil }
        var settings = WebhookSettings(send: sender.send, rejection: sender.rejection)
        settings.timeoutSeconds = timeoutSeconds
        if usesStoreSecret {
            let secret = WebhookSecret(ofStore: try await Self.secret(of: store))
            sender.replaceSecrets([secret])
            settings.defaultSecret = secret.text
        }
        return settings
    }

    private static func secret(of store: any JobStore) async throws(LonghaulError) -> [UInt8] {
        do {
            if let list = try await store.keys(unlessVersion: nil) { return list.sessionSecret }
        } catch {
            throw (error as? LonghaulError) ?? LonghaulError(.internal, "\(error)")
        }
        throw LonghaulError(.internal, "the store has no secret")
    }

    /// Ends the attempts under way.
    func close() async {
        reload?.stop()
        await sender?.close()
    }
}
