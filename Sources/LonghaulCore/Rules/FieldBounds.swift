/// The ranges of the fields of requests.
///
/// Each range is declared once. The readers, the rules, the OpenAPI document and the options of the command use it, so
/// they agree.
public enum FieldBounds {
    // MARK: Jobs

    /// Bytes of a kind.
    public static let kindLength = 1...200
    /// A job's priority.
    public static let priority = 0...9
    /// The number of attempts of a job.
    public static let maxAttempts = 1...100
    /// A job's size, in a unit of the caller.
    public static let size = 0...Int.max
    /// Any number of seconds without a range of its own: at most ten years.
    public static let seconds = 0...315_360_000.0
    /// How long an attempt may run.
    public static let timeoutSeconds = 0.001...seconds.upperBound
    /// The factor between two delays of a back-off.
    public static let backoffFactor = 1...1000.0
    /// The random share of a back-off's delay.
    public static let backoffJitter = 0...1.0
    /// How long a unique rule with a window applies.
    public static let uniqueWindowSeconds = 1...seconds.upperBound
    /// Characters of an idempotency key.
    public static let idempotencyKeyLength = 1...255
    /// Characters of an actor.
    public static let actorLength = 1...200
    /// Characters of the `ref` of a batch's entry.
    public static let refLength = 1...100
    /// The jobs that a job depends on.
    public static let dependencies = 0...1000
    /// The tags of a job.
    public static let tags = 0...50
    /// The tags that one change of a job sets and removes.
    public static let editedTags = 0...2 * tags.upperBound
    /// The tags of a schedule's job: each tick adds `schedule` and `scheduled_at`.
    public static let scheduledTags = 0...tags.upperBound - 2
    /// Characters of a tag's or label's name.
    public static let tagNameLength = 1...100
    /// Characters of a tag's or label's value.
    public static let tagValueLength = 0...500
    /// The labels that a job requires of a worker.
    public static let neededLabels = 0...10
    /// Bytes of a callback URL; the shortest one is `http://a`.
    public static let callbackURLBytes = 8...2048
    /// The entries of a batch.
    public static let batch = 1...1000
    /// The IDs of one operation on many jobs.
    public static let selectedIDs = 1...10_000
    /// The jobs that one operation on dead letters selects by a filter.
    public static let selectedJobs = 1...1_000_000_000
    /// The jobs that one operation on many jobs selects by a filter.
    public static let bulkJobs = 1...10_000
    /// Characters of the text of a search.
    public static let searchText = 1...200

    // MARK: Queues

    /// Bytes of the name of a queue or schedule.
    public static let queueNameLength = 1...100
    /// The maximum number of pending or waiting jobs of a queue.
    public static let depth = 0...1_000_000_000
    /// The maximum number of running jobs of a queue.
    public static let concurrency = 1...1_000_000
    /// The jobs of a rate limit in a period, and its burst.
    public static let rateLimitJobs = 1...1_000_000_000
    /// The period of a rate limit.
    public static let rateLimitPeriodSeconds = 0.001...31_536_000.0
    /// The rules of a routing table.
    public static let routingRules = 0...1000
    /// The patterns of kinds in a routing rule.
    public static let routingKinds = 0...100

    // MARK: Workers

    /// Characters of a worker's ID.
    public static let workerIDLength = 1...200
    /// Characters of a worker's name.
    public static let workerNameLength = 0...200
    /// The labels of a worker.
    public static let workerLabels = 0...50
    /// The interval of a worker's heartbeats.
    public static let heartbeatIntervalSeconds = 0.1...3600
    /// The queues of a lease request.
    public static let leasedQueues = 1...100
    /// The kinds of a lease request.
    public static let leasedKinds = 0...1000
    /// The jobs of a lease request.
    public static let leasedJobs = 1...1000
    /// The duration of a lease.
    public static let leaseSeconds = 1...3600.0
    /// How long a call waits for jobs or for a job's end.
    public static let waitSeconds = 0...60.0
    /// The percentage of a progress report.
    public static let percent = 0...100.0
    /// Characters of a step's name.
    public static let stepNameLength = 1...200
    /// The completions of one call.
    public static let completions = 0...1000
    /// The lines of a log batch.
    public static let logLines = 0...1000
    /// Characters of a log line.
    public static let logLineLength = 0...16_384

    // MARK: Journals

    /// Characters of the identifier of an operation.
    public static let operationIDLength = 1...64
    /// Characters of the name of an operation or a signal.
    public static let operationNameLength = 1...200
    /// The number of an attempt of a step.
    public static let stepAttempt = 1...1_000_000_000
    /// The operations that a suspended job waits for.
    public static let suspendedOn = 1...10_000

    // MARK: Keys

    /// The patterns of queues, and of kinds, of an API key.
    public static let keyPatterns = 0...100
    /// How long the old key of a rotation remains valid: at most a year.
    public static let keyOverlapSeconds = 0...31_536_000.0

    // MARK: Schedules

    /// Characters of a cron expression.
    public static let cronLength = 0...500
    /// Characters of a time zone's name.
    public static let timeZoneLength = 0...100
}
