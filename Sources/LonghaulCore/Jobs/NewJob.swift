/// A submission that is validated but not stored yet.
public struct NewJob: Sendable, Hashable {
    /// The due time.
    public enum Start: Sendable, Hashable {
        /// As soon as it is stored.
        case now
        /// At this time.
        case at(Timestamp)
        /// This number of seconds after it is stored.
        case after(seconds: Double)
    }

    /// A dependency.
    public enum Dependency: Sendable, Hashable {
        /// An existing job.
        case job(JobID)
        /// The `ref` of another entry of the same batch.
        case ref(String)
    }

    /// The specification.
    public var spec: JobSpec
    /// The due time.
    public var start: Start = .now
    /// The idempotency key, which identifies a repeated request.
    public var idempotencyKey: String?
    /// The rule from which the server derives a key.
    public var unique: UniqueRule?
    /// The dependencies.
    public var dependsOn: [Dependency] = []
    /// The parent. It must not have ended.
    public var parentID: JobID?
    /// A name by which other entries of the batch can depend on this one.
    public var ref: String?
    /// Whether the request names the queue `default` explicitly.
    public var namesDefaultQueue = false

    /// Whether the request names no queue, so that the routing table chooses one.
    public var isRouted: Bool { spec.queue == JobSpec.defaultQueue && !namesDefaultQueue }

    /// A submission of this specification, due at once.
    public init(_ spec: JobSpec) {
        self.spec = spec
    }
}

/// A rule that identifies duplicate submissions.
public struct UniqueRule: Sendable, Hashable {
    /// A field that must be equal.
    public enum Part: String, Sendable, Hashable, CaseIterable, Comparable {
        /// The actor.
        case actor
        /// The kind.
        case kind
        /// The payload, compared as a JSON value.
        case payload
        /// The queue.
        case queue

        /// The order of the fields in the key: by name.
        public static func < (left: Part, right: Part) -> Bool { left.rawValue < right.rawValue }
    }

    /// How long the rule applies.
    public enum Span: Sendable, Hashable {
        /// As long as idempotency keys are kept.
        case keyLifetime
        /// Within a window of this number of seconds, counted from the Unix epoch.
        case window(seconds: Double)
        /// Until the job has ended.
        case whileActive
    }

    /// The fields that must be equal; not empty.
    public var parts: Set<Part>
    /// How long the rule applies.
    public var span: Span

    /// A rule with these fields.
    public init(by parts: Set<Part>, span: Span = .keyLifetime) {
        self.parts = parts
        self.span = span
    }
}
