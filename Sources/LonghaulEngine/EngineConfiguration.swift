public import LonghaulCore

/// The engine's settings.
public struct EngineConfiguration: Sendable {
    /// The longest payload and the longest result, in bytes.
    public var maxPayloadBytes = 262_144
    /// How many jobs the entries of one batch, or of one completion's `next`, may depend on in all.
    public var maxBatchEdges = 10_000
    /// How long an idempotency key is kept after its submission, in seconds.
    public var idempotencyTTLSeconds = 86_400.0
    /// The longest artifact, in bytes.
    public var maxArtifactBytes: Int64 = 64 << 30
    /// The folders on whose file systems there must be free space, and how much; see ``DiskFloor``.
    public var diskFolders: [String] = []
    /// How many bytes must be free there; nil for ``DiskFloor/defaultBytes(ofTotal:)``, 0 for no floor.
    public var minFreeDiskBytes: Int64?
    /// The longest time between two rounds of maintenance, in seconds. The engine wakes for what it knows to be
    /// due; this catches what it cannot know, such as the work of another process.
    public var maintenanceSeconds = 5.0
    /// How often the artifact store is searched for files that belong to no job, in seconds.
    public var artifactSweepSeconds = 3600.0
    /// How long a queue without jobs and with default settings stays after its last use, in seconds.
    public var queueRetentionSeconds = 3600.0
    /// How many queues, and how many kinds, have a label of their own in the metrics.
    public var metricsLabels = 64
    /// What holds for all queues together: how deep they may be, and how waiting raises priorities.
    public var limits = StoreLimits()
    /// The longest wait for a hint before the store is asked again, in seconds.
    public var slowPollSeconds = 5.0
    /// How often waiting workers ask the store while the queue is away, in seconds.
    public var awayPollSeconds = 1.0
    /// How often a queue that carries identifiers is compared with the store, in seconds: what it has lost is
    /// sent again.
    public var resendSeconds = 15.0
    /// How long store, queue and artifact store have to answer when they are asked whether they are ready, in
    /// seconds.
    public var readinessSeconds = 3.0
    /// How many of the latest changes are kept in memory for event streams. A stream that falls further behind gets
    /// a resync event.
    public var eventBuffer = 4096
    /// More dead letters than this in one minute, of one queue, raise an alert; nil raises none.
    public var deadLetterAlertRate: Int?
    /// Where such an alert goes; it is counted without it as well.
    public var deliverDeadLetterAlert: DeadLetterDelivery?

    /// The defaults.
    public init() {}
}
