/// Which jobs a list shows. Every condition given must hold.
public struct JobFilter: Sendable, Hashable {
    /// Any of these states; empty for all.
    public var states: [JobState] = []
    /// In this queue.
    public var queue: String?
    /// Of this kind.
    public var kind: String?
    /// On behalf of this actor.
    public var actor: String?
    /// Children of this job.
    public var parentID: JobID?
    /// Depending on this job: it is in their `depends_on`.
    public var dependencyID: JobID?
    /// With all of these tags.
    public var tags: [String: String] = [:]
    /// Submitted at or after this moment.
    public var createdAfter: Timestamp?
    /// Submitted before this moment.
    public var createdBefore: Timestamp?
    /// Dead letters with this fingerprint.
    public var fingerprint: String?
    /// Dead letters whose error is of this type.
    public var errorType: String?

    /// Every job.
    public init() {}
}

/// How the jobs of a page are read.
public struct JobReading: Sendable, Hashable {
    /// Whether `payload`, `result`, `artifacts` and `attempts` are left out, and not read at all.
    public var isSummary: Bool
    /// How many bytes of payloads, results and errors a page may have. A page with more ends early; it has one job at
    /// least.
    public var maxBytes: Int

    /// By default, reads whole jobs, however many bytes they have.
    public init(isSummary: Bool = false, maxBytes: Int = .max) {
        self.isSummary = isSummary
        self.maxBytes = maxBytes
    }
}

/// A page of a list, newest first.
public struct JobPage: Sendable, Hashable {
    /// The jobs.
    public var jobs: [Job]
    /// What continues the list after the last of them; nil at its end.
    public var next: JobCursor?

    /// A page of these jobs.
    public init(jobs: [Job], next: JobCursor?) {
        self.jobs = jobs
        self.next = next
    }
}

/// A page of a list, newest first, of identifiers alone.
public struct JobIDPage: Sendable, Hashable {
    /// The jobs.
    public var ids: [JobID]
    /// What continues the list after the last of them; nil at its end.
    public var next: JobCursor?

    /// A page of these jobs.
    public init(ids: [JobID], next: JobCursor?) {
        self.ids = ids
        self.next = next
    }
}

/// A place in a list of jobs: right after the job with this identifier. As identifiers rise with time, the
/// place stays valid while jobs come and go.
public struct JobCursor: Sendable, Hashable, LosslessStringConvertible {
    /// The last job of the page before.
    public let after: JobID

    /// The place after this job.
    public init(after: JobID) {
        self.after = after
    }

    /// The opaque text of the API.
    public var description: String { "c1." + after.description }

    /// Reads the opaque text. Nil if it was not made here.
    public init?(_ text: String) {
        guard text.hasPrefix("c1."), let id = JobID(String(text.dropFirst(3))) else { return nil }
        after = id
    }
}
