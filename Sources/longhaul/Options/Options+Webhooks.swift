import LonghaulCore

/// Webhooks.
extension Options {
    static let webhookSecretFile = Option.optional(
        "webhook-secret-file", "FILE", .text, setting: true,
        fallback: "a secret of the store, which 'webhooks secret' prints; a worker with --store sends none",
        "A file with the secret that signs webhooks, or with two of them, one a line, while receivers change to the new "
            + "one. The command 'webhooks new-secret' prints one. SIGHUP reads the file again.")
    static let webhookSecret = Option.list(
        "webhook-secret", "SECRET,…", .text, commas: true, setting: true,
        "The same secrets in place of a file, for LONGHAUL_WEBHOOK_SECRET. On the command line, every user of the machine "
            + "can read them.")
    static let webhookAllow = Option.list(
        "webhook-allow", "RECEIVER,…", .text, commas: true, setting: true,
        fallback: "https to public addresses, on port 443 or 8443",
        "Further receivers of webhooks: host names, *.NAME, or ranges of addresses such as 10.0.0.0/8; with http:// in "
            + "front also without TLS.")
    static let webhookCAFile = Option.optional(
        "webhook-ca-file", "FILE", .text, setting: true, fallback: "the system's authorities alone",
        "A PEM file of further certificates that the server trusts when it sends webhooks.")
    static let webhookTimeoutSeconds = Option.value(
        "webhook-timeout-seconds", "TIME", .seconds(atLeast: 0.1, atMost: 300), default: 15, setting: true,
        "How long an attempt to deliver a webhook may take.")
    static let webhookRetrySeconds = Option.value(
        "webhook-retry-seconds", "TIME", .seconds(atLeast: 60), default: WebhookDelivery.defaultRetrySeconds,
        setting: true, "How long failed attempts to deliver a webhook are retried.")
    static let callbackURL = Option.optional(
        "callback-url", "URL", .text, "The URL to which the server posts a signed webhook when the job ends.")
    static let deliveryState = Option.optional(
        "state", "STATE", .deliveryState, fallback: "failed",
        "Only deliveries of all jobs in this state: pending, delivered or failed.")
    static let deliveryLimit = Option.value(
        "limit", "N", .integer(1...1_000_000), default: 50, "The maximum number of deliveries.")

    /// The options of commands that deliver webhooks.
    static let webhooks: [any DeclaredOption] = [
        webhookSecretFile, webhookSecret, webhookAllow, webhookCAFile, webhookTimeoutSeconds,
        webhookRetrySeconds,
    ]
}

extension ValueReader where Value == WebhookDelivery.State {
    /// The state of a webhook delivery.
    static let deliveryState = ValueReader(shape: .text) { text throws(BadValue) in
        guard let state = WebhookDelivery.State(rawValue: text) else {
            throw BadValue(expected: "pending, delivered or failed", got: text)
        }
        return state
    }
}
