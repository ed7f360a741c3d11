/// A request for a job, checked but not yet stored.
public struct NewJob: Sendable, Hashable {
    /// When it becomes due.
    public enum Start: Sendable, Hashable {
        /// As soon as it is stored.
        case now
        /// At a moment.
        case at(Timestamp)
        /// So many seconds after it is stored.
        case after(seconds: Double)
    }

    /// A job that this one waits for.
    public enum Dependency: Sendable, Hashable {
        /// A job that is stored already.
        case job(JobID)
        /// The `ref` of another entry of the same batch.
        case ref(String)
    }

    /// What stays with the job.
    public var spec: JobSpec
    /// When it becomes due.
    public var start: Start = .now
    /// A key under which the caller recognises this request should it send it again.
    public var idempotencyKey: String?
    /// A rule by which the server makes such a key.
    public var unique: UniqueRule?
    /// The jobs that it waits for.
    public var dependsOn: [Dependency] = []
    /// The job that it belongs to, which has not ended: one that splits its work into parts.
    public var parentID: JobID?
    /// A name by which other entries of the batch can depend on it.
    public var ref: String?
    /// Whether it asks for the queue `default` by name, and not only by naming none.
    public var namesDefaultQueue = false

    /// Whether it names no queue, so that the routing table chooses one.
    public var isRouted: Bool { spec.queue == JobSpec.defaultQueue && !namesDefaultQueue }

    /// A request of this spec, due at once.
    public init(_ spec: JobSpec) {
        self.spec = spec
    }
}

/// A rule that makes two submissions the same job.
public struct UniqueRule: Sendable, Hashable {
    /// A part of the submission that must be equal.
    public enum Part: String, Sendable, Hashable, CaseIterable, Comparable {
        /// On whose behalf.
        case actor
        /// What to do.
        case kind
        /// The input, compared as a JSON value.
        case payload
        /// Where it waits.
        case queue

        /// The order in which parts enter the key: by name.
        public static func < (left: Part, right: Part) -> Bool { left.rawValue < right.rawValue }
    }

    /// How long the rule holds.
    public enum Span: Sendable, Hashable {
        /// For as long as idempotency keys are kept.
        case keyLifetime
        /// Within one window of so many seconds, counted from the Unix epoch.
        case window(seconds: Double)
        /// While the job has not ended.
        case whileActive
    }

    /// What must be equal; not empty.
    public var parts: Set<Part>
    /// How long the rule holds.
    public var span: Span

    /// A rule over these parts.
    public init(by parts: Set<Part>, span: Span = .keyLifetime) {
        self.parts = parts
        self.span = span
    }
}
