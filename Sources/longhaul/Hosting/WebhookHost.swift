import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulWebhooks
import LonghaulWorker

/// The configured sender of webhooks; without a secret, there is none.
struct WebhookHost: Sendable {
    private let sender: WebhookSender?
    private let timeoutSeconds: Double

    /// Creates the sender from the settings.
    ///
    /// - Throws: ``UsageError`` naming the setting.
    init(_ invocation: Invocation) throws {
        timeoutSeconds = try invocation.value(Options.webhookTimeoutSeconds)
        let secrets = try Self.secrets(invocation)
        let destinations: WebhookDestinations
        do {
            destinations = try WebhookDestinations(allowing: try invocation.value(Options.webhookAllow))
        } catch let error as WebhookSettingError {
            throw invocation.settings.usageError(Options.webhookAllow, error.description)
        }
        guard !secrets.isEmpty else {
            sender = nil
            return
        }
        var http = HTTPClientConfiguration(userAgent: "longhaul/\(Product.version)")
        if let file = try invocation.value(Options.webhookCAFile) { http.trust = .systemAnd(file: file) }
        sender = WebhookSender(
            secrets: secrets, destinations: destinations, timeout: .seconds(timeoutSeconds),
            configuration: http)
    }

    /// The settings of the engine; nil without a secret.
    var settings: WebhookSettings? {
        guard let sender else { return nil }
        var settings = WebhookSettings(send: sender.send, rejection: sender.rejection)
        settings.timeoutSeconds = timeoutSeconds
        return settings
    }

    /// Ends the attempts under way.
    func close() async { await sender?.close() }

    private static func secrets(_ invocation: Invocation) throws -> [WebhookSecret] {
        let given = try invocation.value(Options.webhookSecret)
        guard let path = try invocation.value(Options.webhookSecretFile) else {
            if invocation.settings.isGiven(Options.webhookSecret) {
                for secret in given { ProgramIsolation.hideInArguments(secret) }
            }
            return try secrets(given, of: Options.webhookSecret, invocation)
        }
        guard given.isEmpty else {
            throw invocation.settings.usageError(
                Options.webhookSecretFile, "excludes \(Options.webhookSecret.declaration.flag)")
        }
        do {
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            let lines = text.split(whereSeparator: \.isWhitespace).map(String.init)
            guard !lines.isEmpty else {
                throw invocation.settings.usageError(Options.webhookSecretFile, "\(path) holds no secret")
            }
            return try secrets(lines, of: Options.webhookSecretFile, invocation)
        } catch let error as RunError {
            throw invocation.settings.usageError(Options.webhookSecretFile, "\(path) \(error.message)")
        }
    }

    private static func secrets(
        _ texts: [String], of option: some DeclaredOption, _ invocation: Invocation
    ) throws -> [WebhookSecret] {
        guard texts.count <= 2 else {
            throw invocation.settings.usageError(option, "expected one secret, or two during a rotation")
        }
        do {
            return try texts.map { try WebhookSecret($0) }
        } catch let error as WebhookSettingError {
            throw invocation.settings.usageError(option, error.description)
        }
    }
}
