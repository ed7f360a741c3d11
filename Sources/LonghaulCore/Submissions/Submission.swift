import LonghaulJSON

/// A request for a job as the engine hands it to the store: named, keyed and with its references resolved.
public struct Submission: Sendable, Hashable {
    /// The identifier that the job gets if it is created.
    public var id: JobID
    /// What stays with the job.
    public var spec: JobSpec
    /// When it becomes due; nil for at once.
    public var runAt: Timestamp?
    /// Who submits it.
    public var caller: String
    /// The keys that recognise it. A live one that is stored already makes the submission a duplicate.
    public var keys: [SubmissionKey] = []
    /// The jobs that it waits for. One of them may be an earlier entry of the same call.
    public var dependsOn: [JobID] = []
    /// The job that it belongs to: one that has not ended, the one whose completion submits it, or a later
    /// entry of the same call.
    public var parentID: JobID?

    /// A submission of this spec, due at once.
    public init(id: JobID, spec: JobSpec, caller: String, runAt: Timestamp? = nil) {
        self.id = id
        self.spec = spec
        self.caller = caller
        self.runAt = runAt
    }
}

/// A key that makes two submissions the same job.
public struct SubmissionKey: Sendable, Hashable {
    /// How long a key recognises its job.
    public enum Lifetime: Sendable, Hashable {
        /// Until a moment.
        case until(Timestamp)
        /// While the job has not ended.
        case whileActive
        /// Until a moment, but at most for the job's shortest retention, or for an hour if that is longer.
        ///
        /// The store keeps a job while it keeps the job's key. A key with ``until(_:)`` can therefore keep a job beyond
        /// its retention. A key with this lifetime does so for at most an hour.
        case withinRetention(until: Timestamp)
    }

    /// 32 bytes that stand for the caller, the sort of key and the key itself.
    public var digest: [UInt8]
    /// The digest of the request, for a key that must not be used for another one; nil where any match is
    /// the same request by definition.
    public var fingerprint: [UInt8]?
    /// How long it holds.
    public var lifetime: Lifetime

    /// A key of this digest.
    public init(digest: [UInt8], fingerprint: [UInt8]? = nil, lifetime: Lifetime) {
        self.digest = digest
        self.fingerprint = fingerprint
        self.lifetime = lifetime
    }
}

/// What became of one submission.
public enum SubmitOutcome: Sendable, Hashable {
    /// It is stored, durably.
    case created(Job)
    /// A key recognised it: this is the job that exists.
    case existing(Job)
    /// It was not stored.
    case refused(LonghaulError)
}

extension SubmitOutcome {
    /// The outcome with another view of its job.
    package func mapJob(_ body: (Job) throws -> Job) rethrows -> SubmitOutcome {
        switch self {
        case .created(let job): .created(try body(job))
        case .existing(let job): .existing(try body(job))
        case .refused: self
        }
    }

    /// Whether the job may have children: one that existed, or one that waits for the entries of its own call.
    package var mayHaveChildren: Bool {
        switch self {
        case .created(let job): !job.dependsOn.isEmpty
        case .existing: true
        case .refused: false
        }
    }

    /// Whether other jobs may be around the job.
    package var mayHaveFamily: Bool {
        switch self {
        case .created(let job): job.parentID != nil || !job.dependsOn.isEmpty
        case .existing: true
        case .refused: false
        }
    }
}

extension Submission {
    /// What storing it costs, in units of a small job without dependencies.
    package var weight: Int {
        1 + spec.payload.bytes.count / 4096 + dependsOn.count / 4
    }
}
