public import Foundation

/// The options of a submission. An option that is not set has the value of ``JobKind/options``, or the default value of the
/// API.
///
/// ```swift
/// let options = JobOptions(queue: "images", priority: 8, delay: .seconds(60), tags: ["customer": "acme"])
/// let job = try await client.submit(Resize.self, payload, options: options)
/// ```
public struct JobOptions: Sendable, Hashable {
    /// The queue.
    public var queue: String?
    /// 0–9; higher runs sooner. The default is 5.
    public var priority: Int?
    /// The time after which the job is due.
    public var delay: Duration?
    /// When the job is due. It takes precedence over ``delay``.
    public var runAt: Date?
    /// The maximum number of attempts, 1–100. The default is 4.
    public var maxAttempts: Int?
    /// The delay after a failed attempt.
    public var backoff: Backoff?
    /// The timeout of one attempt. The default is the timeout of the worker's handler.
    public var timeout: Duration?
    /// The time after which the job does not start.
    public var expiresAt: Date?
    /// How long the job is kept after it has ended.
    public var retention: Duration?
    /// The idempotency key: a repeated submission with the same key is the same job.
    public var idempotencyKey: String?
    /// The rule from which the server derives a key.
    public var unique: UniqueRule?
    /// The jobs that must end first.
    public var dependsOn: [JobID]
    /// What the server does with the job if a dependency fails.
    public var onDependencyFailure: JobSpec.DependencyPolicy?
    /// How many dependencies the job waits for, and whether a worker runs it.
    public var join: JoinRule?
    /// The parent. It must not have ended.
    public var parent: JobID?
    /// The actor: a user of the caller, on whose behalf the job runs.
    public var actor: String?
    /// Tags, by which lists can be filtered.
    public var tags: [String: String]
    /// The size of the work, in a unit of the caller.
    public var size: Int64?
    /// The labels that the job requires of a worker, such as `gpu: 1`.
    public var labels: [String: String]
    /// The URL that receives a webhook when the job has ended.
    public var callbackURL: String?
    /// The W3C trace context of the caller.
    public var traceparent: String?

    /// Options with these values.
    public init(
        queue: String? = nil, priority: Int? = nil, delay: Duration? = nil, runAt: Date? = nil,
        maxAttempts: Int? = nil, backoff: Backoff? = nil, timeout: Duration? = nil, expiresAt: Date? = nil,
        retention: Duration? = nil, idempotencyKey: String? = nil, unique: UniqueRule? = nil,
        dependsOn: [JobID] = [], onDependencyFailure: JobSpec.DependencyPolicy? = nil,
        join: JoinRule? = nil, parent: JobID? = nil, actor: String? = nil, tags: [String: String] = [:],
        size: Int64? = nil, labels: [String: String] = [:], callbackURL: String? = nil,
        traceparent: String? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.delay = delay
        self.runAt = runAt
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.timeout = timeout
        self.expiresAt = expiresAt
        self.retention = retention
        self.idempotencyKey = idempotencyKey
        self.unique = unique
        self.dependsOn = dependsOn
        self.onDependencyFailure = onDependencyFailure
        self.join = join
        self.parent = parent
        self.actor = actor
        self.tags = tags
        self.size = size
        self.labels = labels
        self.callbackURL = callbackURL
        self.traceparent = traceparent
    }
}

extension NewJob {
    /// Sets the fields that the options set. Tags, labels and dependencies are added.
    public mutating func apply(_ options: JobOptions) {
        if let queue = options.queue {
            spec.queue = queue
            namesDefaultQueue = queue == JobSpec.defaultQueue
        }
        if let delay = options.delay { start = .after(seconds: delay / .seconds(1)) }
        if let date = options.runAt { start = .at(Timestamp(date)) }
        if let key = options.idempotencyKey { idempotencyKey = key }
        if let rule = options.unique { unique = rule }
        if let id = options.parent { parentID = id }
        dependsOn += options.dependsOn.map { .job($0) }
        spec.apply(options)
    }
}

extension JobSpec {
    fileprivate mutating func apply(_ options: JobOptions) {
        priority = options.priority ?? priority
        maxAttempts = options.maxAttempts ?? maxAttempts
        backoff = options.backoff ?? backoff
        timeoutSeconds = options.timeout.map { $0 / .seconds(1) } ?? timeoutSeconds
        expiresAt = options.expiresAt.map { Timestamp($0) } ?? expiresAt
        retentionSeconds = options.retention.map { $0 / .seconds(1) } ?? retentionSeconds
        onDependencyFailure = options.onDependencyFailure ?? onDependencyFailure
        join = options.join ?? join
        actor = options.actor ?? actor
        tags.merge(options.tags) { $1 }
        size = options.size ?? size
        labels.merge(options.labels) { $1 }
        callbackURL = options.callbackURL ?? callbackURL
        traceparent = options.traceparent ?? traceparent
    }
}

extension Timestamp {
    /// The time of a date, in whole milliseconds.
    public init(_ date: Date) {
        self.init(milliseconds: 0)
        self = adding(seconds: date.timeIntervalSince1970)
    }
}
