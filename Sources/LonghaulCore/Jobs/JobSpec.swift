public import LonghaulJSON

/// The specification of a job: what to do, in which queue, and with which rules.
public struct JobSpec: Sendable, Hashable {
    /// What the server does with a job whose ``JoinRule`` can no longer be met, because dependencies did not complete.
    public enum DependencyPolicy: String, Sendable, Hashable, CaseIterable {
        /// It cancels the job.
        case cancel
        /// It fails the job, which becomes a dead letter.
        case fail
        /// It runs the job: a dependency that ends in any state satisfies the rule.
        case run
    }

    /// The kind, which names the handler. 1–200 characters of `A–Z a–z 0–9 . _ - /`.
    public var kind: String
    /// The input: any JSON value, stored as it was sent.
    public var payload: JSONText
    /// The queue.
    public var queue: String
    /// 0–9; higher runs sooner.
    public var priority: Int
    /// The maximum number of attempts, 1–100.
    public var maxAttempts: Int
    /// The delay after a failed attempt.
    public var backoff: Backoff
    /// The timeout of one attempt, in seconds; nil for the timeout of the worker's handler.
    public var timeoutSeconds: Double?
    /// The time after which the job does not start.
    public var expiresAt: Timestamp?
    /// How long the job is kept after it has ended, in seconds; nil for the store's ``Retention``.
    public var retentionSeconds: Double?
    /// The actor: a user of the caller, on whose behalf the job runs.
    public var actor: String?
    /// What the server does with the job if a dependency fails.
    public var onDependencyFailure: DependencyPolicy
    /// How many dependencies the job waits for, and whether a worker runs it.
    public var join: JoinRule
    /// Tags, by which lists can be filtered.
    public var tags: [String: String]
    /// The size of the work, in a unit of the caller.
    public var size: Int64?
    /// The labels that the job requires of a worker, such as `gpu: 1`.
    public var labels: [String: String]
    /// A URL of the caller, stored with the job. See ``CallbackURL``.
    public var callbackURL: String?
    /// The W3C trace context of the caller.
    public var traceparent: String?

    /// The queue of a job without a queue that no routing rule matches.
    public static let defaultQueue = "default"

    /// The beginning of the kinds that Longhaul uses itself. Callers cannot submit jobs of such kinds.
    public static let reservedKindPrefix = "longhaul."
    /// The kind of the jobs that are executions of state machines.
    public static let executionKind = "longhaul.execution"
    /// The queue of these jobs.
    public static let executionQueue = "executions"

    /// Whether only Longhaul itself submits jobs of a kind.
    public static func isReserved(kind: String) -> Bool { kind.hasPrefix(reservedKindPrefix) }

    /// A specification with this kind. All other fields have the default values of the API.
    public init(kind: String, payload: JSONText = .null, queue: String = defaultQueue) {
        self.kind = kind
        self.payload = payload
        self.queue = queue
        priority = 5
        maxAttempts = 4
        backoff = Backoff()
        onDependencyFailure = .cancel
        join = JoinRule()
        tags = [:]
        labels = [:]
    }
}
