/// A webhook: the notification of a job's end to its `callback_url`, with the attempts to deliver it.
///
/// The store creates it in the transaction that ends the job. A server claims it, sends it, and records the outcome.
public struct WebhookDelivery: Sendable, Hashable {
    /// What a webhook reports.
    public enum Event: String, Sendable, Hashable, CaseIterable {
        /// The job has completed.
        case completed = "job.completed"
        /// The job has failed for good.
        case failed = "job.failed"
        /// The job was cancelled.
        case cancelled = "job.cancelled"

        /// The event of a final state; nil for any other state.
        public init?(_ state: JobState) {
            switch state {
            case .completed: self = .completed
            case .failed: self = .failed
            case .cancelled: self = .cancelled
            case .scheduled, .blocked, .pending, .processing, .retrying, .suspended: return nil
            }
        }
    }

    /// The state of a delivery.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It waits for its next attempt, or is being sent.
        case pending
        /// The receiver has accepted it.
        case delivered
        /// It is not retried any more.
        case failed
    }

    /// The ID, which the receiver gets as `webhook-id`. It is the same in every attempt.
    public var id: JobID
    /// The job that has ended.
    public var jobID: JobID
    /// What it reports.
    public var event: Event
    /// The URL to which it is sent.
    public var url: String
    /// The state.
    public var state = State.pending
    /// When the job ended.
    public var createdAt: Timestamp
    /// When the next attempt is due; while a server sends it, when another server may do so. Nil once it has ended.
    public var dueAt: Timestamp?
    /// When it was delivered or has failed.
    public var endedAt: Timestamp?
    /// The number of attempts.
    public var attemptCount = 0
    /// The latest attempts, oldest first; at most ``maxAttempts``.
    public var attempts: [WebhookAttempt] = []
    /// The number of failed attempts since it was created or sent again by an operator. It decides the back-off.
    public var failures = 0
    /// The time after which a failed attempt is not retried.
    public var retryUntil: Timestamp
    /// The number of its latest claim. Only the latest claim records an outcome.
    public var claim = 0
    /// Whether a server has claimed it and has not recorded the outcome.
    public var isClaimed = false
    /// The body of the request; empty in lists.
    public var body: [UInt8]

    /// The maximum number of deliveries of one job that are kept: a job can be retried and end again without limit.
    public static let maxPerJob = 100
    /// The maximum number of attempts that are kept.
    public static let maxAttempts = 20

    /// A delivery that is due at once.
    ///
    /// - Parameter retrySeconds: how long failed attempts are retried, in seconds.
    public init(
        id: JobID, jobID: JobID, event: Event, url: String, createdAt: Timestamp, retrySeconds: Double,
        body: [UInt8]
    ) {
        self.id = id
        self.jobID = jobID
        self.event = event
        self.url = url
        self.createdAt = createdAt
        dueAt = createdAt
        retryUntil = createdAt.adding(seconds: retrySeconds)
        self.body = body
    }

    /// The host and the port of the URL in lower case. Deliveries to one receiver share it.
    public var host: String {
        guard let scheme = url.firstRange(of: "://") else { return "" }
        return url[scheme.upperBound...].prefix { !"/?#".contains($0) }.lowercased()
    }
}

/// One attempt to deliver a webhook.
public struct WebhookAttempt: Sendable, Hashable {
    /// When it began.
    public var at: Timestamp
    /// How long it took, in seconds.
    public var seconds: Double
    /// The status of the answer; nil without an answer.
    public var status: Int?
    /// Why it failed; nil if it succeeded.
    public var error: String?

    /// An attempt with this outcome.
    public init(at: Timestamp, seconds: Double, status: Int? = nil, error: String? = nil) {
        self.at = at
        self.seconds = seconds
        self.status = status
        self.error = error
    }
}

/// A page of deliveries, newest first.
public struct WebhookDeliveryPage: Sendable, Hashable {
    /// The deliveries, without bodies.
    public var deliveries: [WebhookDelivery]
    /// The last ID of this page; nil if there are no more.
    public var next: JobID?

    /// A page of these deliveries.
    public init(deliveries: [WebhookDelivery], next: JobID? = nil) {
        self.deliveries = deliveries
        self.next = next
    }

    /// A page from a read of one delivery more than its limit.
    package init(_ found: [WebhookDelivery], limit: Int) {
        deliveries = Array(found.prefix(limit))
        next = found.count > limit ? deliveries.last?.id : nil
    }
}

/// A selection of deliveries.
public struct WebhookDeliveryFilter: Sendable, Hashable {
    /// Only deliveries of this job; nil for those of all jobs.
    public var jobID: JobID?
    /// Only deliveries in this state; nil for any state. Without a job, it must be set.
    public var state: WebhookDelivery.State?

    /// A selection.
    public init(jobID: JobID? = nil, state: WebhookDelivery.State? = nil) {
        self.jobID = jobID
        self.state = state
    }

    /// Whether a delivery is in the selection.
    package func fits(_ delivery: WebhookDelivery) -> Bool {
        (jobID.map { $0 == delivery.jobID } ?? true) && (state.map { $0 == delivery.state } ?? true)
    }
}
