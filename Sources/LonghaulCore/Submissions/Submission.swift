import LonghaulJSON

/// A submission as the engine passes it to the store: with an ID, keys and resolved references.
public struct Submission: Sendable, Hashable {
    /// The ID of the job, if it is created.
    public var id: JobID
    /// The specification.
    public var spec: JobSpec
    /// The due time; nil for at once.
    public var runAt: Timestamp?
    /// The caller.
    public var caller: String
    /// The keys that identify duplicates. If a live key is stored already, the submission is a duplicate.
    public var keys: [SubmissionKey] = []
    /// The dependencies. A dependency may be an earlier entry of the same call.
    public var dependsOn: [JobID] = []
    /// The parent: a job that has not ended, the job whose completion submits this one, or a later entry of the same
    /// call.
    public var parentID: JobID?
    /// The operation in the journal of the parent that ends with the job.
    public var parentOperation: String?

    /// A submission of this specification, due at once.
    public init(id: JobID, spec: JobSpec, caller: String, runAt: Timestamp? = nil) {
        self.id = id
        self.spec = spec
        self.caller = caller
        self.runAt = runAt
    }
}

/// A key that identifies duplicate submissions.
public struct SubmissionKey: Sendable, Hashable {
    /// How long a key is live.
    public enum Lifetime: Sendable, Hashable {
        /// Until a time.
        case until(Timestamp)
        /// Until the job has ended.
        case whileActive
        /// Until a time, but at most for the job's shortest retention, or for an hour if that is longer.
        ///
        /// The store keeps a job while it keeps the job's key. A key with ``until(_:)`` can therefore keep a job beyond
        /// its retention. A key with this lifetime does so for at most an hour.
        case withinRetention(until: Timestamp)
    }

    /// A digest of 32 bytes of the caller, the type of key and the key itself.
    public var digest: [UInt8]
    /// The digest of the request, for a key that must not be used for another request; nil if every match is a
    /// duplicate.
    public var fingerprint: [UInt8]?
    /// How long the key is live.
    public var lifetime: Lifetime

    /// A key of this digest.
    public init(digest: [UInt8], fingerprint: [UInt8]? = nil, lifetime: Lifetime) {
        self.digest = digest
        self.fingerprint = fingerprint
        self.lifetime = lifetime
    }
}

/// The outcome of one submission.
public enum SubmitOutcome: Sendable, Hashable {
    /// It is stored durably.
    case created(Job)
    /// It is a duplicate of this existing job.
    case existing(Job)
    /// It was rejected, and is not stored.
    case refused(LonghaulError)
}

extension SubmitOutcome {
    /// The outcome with a changed job.
    package func mapJob(_ body: (Job) throws -> Job) rethrows -> SubmitOutcome {
        switch self {
        case .created(let job): .created(try body(job))
        case .existing(let job): .existing(try body(job))
        case .refused: self
        }
    }

    /// Whether the job may have children: an existing job, or one that waits for the entries of its own call.
    package var mayHaveChildren: Bool {
        switch self {
        case .created(let job): !job.dependsOn.isEmpty
        case .existing: true
        case .refused: false
        }
    }

    /// Whether the job may have related jobs.
    package var mayHaveFamily: Bool {
        switch self {
        case .created(let job): job.parentID != nil || !job.dependsOn.isEmpty
        case .existing: true
        case .refused: false
        }
    }
}

extension Submission {
    /// The cost of storing it, in units of a small job without dependencies.
    package var weight: Int {
        1 + spec.payload.bytes.count / 4096 + dependsOn.count / 4
    }
}
