public import LonghaulCore

/// How the engine delivers webhooks.
public struct WebhookSettings: Sendable {
    /// Sends a webhook. The time is that of the attempt.
    public var send: @Sendable (WebhookDelivery, Timestamp) async throws -> WebhookAnswer
    /// Returns the reason to refuse a `callback_url` at the submission; nil to accept it.
    public var rejection: @Sendable (String) -> String?
    /// The secret of the store, if it signs; nil if the operator has configured a secret, which no call shows.
    public var defaultSecret: String?
    /// The maximum time of an attempt, in seconds. Another server may repeat it a little later.
    public var timeoutSeconds = 15.0
    /// The maximum number of attempts at the same time.
    public var maxSending = 64
    /// The maximum number of attempts at the same time to one host.
    public var maxSendingPerHost = 4
    /// The maximum time of an attempt after which its receiver counts as prompt, in seconds; see ``PromptReceivers``.
    var promptSeconds = 5.0
    /// The maximum time between two searches for deliveries of other servers, in seconds.
    public var pollSeconds = 5.0

    /// Settings with these functions.
    public init(
        send: @escaping @Sendable (WebhookDelivery, Timestamp) async throws -> WebhookAnswer,
        rejection: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.send = send
        self.rejection = rejection
    }

    /// How long a claim lasts, in seconds: longer than an attempt with its records.
    var leaseSeconds: Double { timeoutSeconds + max(2, timeoutSeconds / 2) }
}
