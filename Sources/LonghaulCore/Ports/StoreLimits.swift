/// Limits and settings that apply to the whole store.
public struct StoreLimits: Sendable, Hashable {
    /// The maximum number of pending jobs in all queues. A submission beyond it is rejected with `system_busy`. Nil for
    /// no limit.
    public var maxDepth: Int?
    /// The maximum number of queues. A submission or a setting that would add one more is rejected with `system_busy`.
    /// Nil for no limit.
    public var maxQueues: Int?
    /// The time after which the effective priority of a pending job rises by one, in seconds; nil for no ageing. See
    /// ``AgeingRule``.
    public var ageingSeconds: Double?
    /// The limits of a job's artifacts and log lines.
    public var attachments = AttachmentLimits()
    /// The limits of a job's journal and its signals.
    public var journal = JournalLimits()
    /// The time without a processed transaction that counts as an outage, in seconds; nil if outages are not detected.
    /// See ``OutageMonitor``.
    public var outageSeconds: Double?

    /// How long failed attempts to deliver a webhook are retried, in seconds.
    public var webhookRetrySeconds = WebhookDelivery.defaultRetrySeconds

    /// The default limits of the command.
    public init(
        maxDepth: Int? = nil, maxQueues: Int? = 10_000, ageingSeconds: Double? = 300,
        outageSeconds: Double? = 1
    ) {
        self.maxDepth = maxDepth
        self.maxQueues = maxQueues
        self.ageingSeconds = ageingSeconds
        self.outageSeconds = outageSeconds
    }
}
