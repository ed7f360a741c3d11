/// What holds for all queues of a store together.
public struct StoreLimits: Sendable, Hashable {
    /// The most jobs that may be pending in all queues: a submission beyond is refused as `system_busy`. Nil
    /// is no bound.
    public var maxDepth: Int?
    /// The maximum number of queues: a submission or a setting that would add one more is refused as `system_busy`.
    /// Nil is no bound.
    public var maxQueues: Int?
    /// How long a pending job waits until its priority counts for one more, in seconds; nil if waiting
    /// raises nothing. See ``AgeingRule``.
    public var ageingSeconds: Double?
    /// How much a job may leave besides its result.
    public var attachments = AttachmentLimits()
    /// How long the store may process nothing before that counts as an outage, in seconds; nil if no silence
    /// counts. See ``OutageMonitor``.
    public var outageSeconds: Double?

    /// Limits; the defaults are the command's.
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
