public import LonghaulCore

/// The settings of an engine. Times are in seconds.
public struct EngineConfiguration: Sendable {
    /// The maximum size of a payload, of a result, of error details and of a step's output, in bytes.
    public var maxPayloadBytes = 262_144
    /// The maximum number of dependencies of all entries of one batch, or of one completion's `next`.
    public var maxBatchEdges = 10_000
    /// The lifetime of an idempotency key after the submission.
    public var idempotencyTTLSeconds = 86_400.0
    /// The maximum size of an artifact, in bytes.
    public var maxArtifactBytes: Int64 = 64 << 30
    /// The folders whose file systems ``DiskFloor`` measures.
    public var diskFolders: [String] = []
    /// The minimum free space on each of these file systems, in bytes; nil for ``DiskFloor/defaultBytes(ofTotal:)``, 0 for
    /// no minimum.
    public var minFreeDiskBytes: Int64?
    /// The maximum time between two rounds of maintenance. The engine also runs maintenance when it knows that a job, a
    /// lease or a schedule is due. The interval covers changes of other servers whose notifications were lost.
    public var maintenanceSeconds = 5.0
    /// The interval between searches of the artifact store for files that belong to no job.
    public var artifactSweepSeconds = 3600.0
    /// The time after its last use at which an unused queue is removed. An unused queue has no jobs and default settings.
    public var queueRetentionSeconds = 3600.0
    /// The maximum number of queues, and of kinds, that have a label of their own in the metrics.
    public var metricsLabels = 64
    /// The limits of the store, for all queues together.
    public var limits = StoreLimits()
    /// The interval at which waiting calls read the store if no wake-up arrives.
    public var slowPollSeconds = 5.0
    /// The interval at which waiting workers query the store while the queue is unavailable.
    public var outagePollSeconds = 1.0
    /// The interval between comparisons of a queue that delivers IDs with the store; see ``OutboxReconciler``.
    public var reconcileSeconds = 15.0
    /// The limits of searches for a text.
    public var search = SearchLimits()
    /// The time in which the store, the queue and the artifact store must answer a readiness check.
    public var readinessSeconds = 3.0
    /// The number of latest changes in memory for event streams. A stream that falls further behind gets a `resync`
    /// event.
    public var eventBuffer = 4096
    /// The number of dead letters of one queue in one minute above which an alert is raised; nil for no alerts.
    public var deadLetterAlertRate: Int?
    /// Delivers an alert. Alerts are counted in the metrics with or without it.
    public var deliverDeadLetterAlert: DeadLetterDelivery?
    /// How long the audit log keeps its records, in seconds: a year.
    public var auditRetentionSeconds = 365 * 86_400.0
    /// How webhooks are delivered; nil to refuse jobs with a `callback_url`.
    public var webhooks: WebhookSettings?

    /// The default settings.
    public init() {}
}
