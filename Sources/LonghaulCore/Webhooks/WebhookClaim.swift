/// A request for due deliveries, which the server then sends.
public struct WebhookClaim: Sendable, Hashable {
    /// The maximum number of hosts that one claim examines, so that no claim takes long.
    public static let maxHosts = 100

    /// The receivers of a claim. Hosts take turns: the next claim continues after ``ClaimedWebhooks/lastHost``.
    public enum Receivers: Sendable, Hashable {
        /// These hosts, at most ``maxHosts``.
        case hosts([String])
        /// All hosts after one, by name, except these.
        case others(after: String = "", except: Set<String> = [])
    }

    /// The receivers.
    public var receivers: Receivers
    /// The maximum number of deliveries.
    public var limit: Int
    /// The maximum number of deliveries to one host, together with those in ``busy``.
    public var perHost: Int
    /// The number of deliveries to each host that the server is sending.
    public var busy: [String: Int]
    /// The time after which another server may send the deliveries, in seconds.
    public var leaseSeconds: Double

    /// A request for deliveries.
    public init(
        to receivers: Receivers = .others(), limit: Int, perHost: Int, busy: [String: Int] = [:],
        leaseSeconds: Double
    ) {
        self.receivers = receivers
        self.limit = limit
        self.perHost = perHost
        self.busy = busy
        self.leaseSeconds = leaseSeconds
    }
}

/// The deliveries that a server has claimed.
public struct ClaimedWebhooks: Sendable, Hashable {
    /// The deliveries, with bodies.
    public var deliveries: [WebhookDelivery] = []
    /// The host at which the claim ended; nil if it examined all its receivers.
    public var lastHost: String?

    /// No deliveries.
    public init() {}
}

/// The outcome of one attempt of a claimed delivery.
public struct WebhookOutcome: Sendable, Hashable {
    /// What the receiver has answered.
    public enum Answer: Sendable, Hashable {
        /// The receiver has accepted the webhook.
        case accepted
        /// The receiver wants no more webhooks: it has answered 410.
        case gone
        /// The attempt has failed.
        ///
        /// - Parameter retryAfterSeconds: the pause that the receiver asked for.
        case failed(retryAfterSeconds: Double?)
    }

    /// The delivery.
    public var id: JobID
    /// The number of the claim.
    public var claim: Int
    /// The attempt.
    public var attempt: WebhookAttempt
    /// The answer.
    public var answer: Answer

    /// The outcome of an attempt.
    public init(of delivery: WebhookDelivery, _ attempt: WebhookAttempt, _ answer: Answer) {
        id = delivery.id
        claim = delivery.claim
        self.attempt = attempt
        self.answer = answer
    }
}

/// The numbers of deliveries that have not been delivered.
public struct WebhookCounts: Sendable, Hashable {
    /// The maximum of each number, because counting takes time.
    public static let maximum = 10_000

    /// The number of pending deliveries, at most ``maximum``.
    public var pending: Int
    /// The number of failed deliveries, at most ``maximum``.
    public var failed: Int

    /// These numbers.
    public init(pending: Int = 0, failed: Int = 0) {
        self.pending = pending
        self.failed = failed
    }
}
