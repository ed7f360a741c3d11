public import LonghaulJSON

/// The part of a submission that stays with the job: what to do, where, and by which rules.
public struct JobSpec: Sendable, Hashable {
    /// What happens to a job when so many of those it depends on do not complete that its ``JoinRule`` cannot
    /// be met any more.
    public enum DependencyPolicy: String, Sendable, Hashable, CaseIterable {
        /// It is cancelled.
        case cancel
        /// It fails, and so stands in the dead letter queue.
        case fail
        /// It runs all the same: for it, an end of any kind is an end as wanted.
        case run
    }

    /// What to do: names the handler. 1–200 characters of `A–Z a–z 0–9 . _ - /`.
    public var kind: String
    /// The input: any JSON value, kept as it was sent.
    public var payload: JSONText
    /// Where it waits.
    public var queue: String
    /// 0–9; higher runs sooner.
    public var priority: Int
    /// How many attempts it has, 1–100.
    public var maxAttempts: Int
    /// How long it waits after a failed attempt.
    public var backoff: Backoff
    /// How long one attempt may run, in seconds; nil leaves it to the worker's handler.
    public var timeoutSeconds: Double?
    /// When it is too late to start.
    public var expiresAt: Timestamp?
    /// How long it is kept after it has ended, in seconds; nil leaves it to the store's ``Retention``.
    public var retentionSeconds: Double?
    /// On whose behalf: a user of the caller's.
    public var actor: String?
    /// What becomes of it when a dependency fails.
    public var onDependencyFailure: DependencyPolicy
    /// How many dependencies it waits for, and whether it does anything else.
    public var join: JoinRule
    /// Labels for finding it again.
    public var tags: [String: String]
    /// How big the work is, in the submitter's own unit.
    public var size: Int64?
    /// The labels that a worker must have to be given the job, such as `gpu: 1`.
    public var labels: [String: String]
    /// Where to tell of its end.
    public var callbackURL: String?
    /// The W3C trace context of its submitter.
    public var traceparent: String?

    /// The queue of a job that names none and that no rule sends elsewhere.
    public static let defaultQueue = "default"

    /// A spec of this kind, all else as the API's defaults.
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
