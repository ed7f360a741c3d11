/// A filter for lists of jobs. A job must meet all conditions that are set.
public struct JobFilter: Sendable, Hashable {
    /// In one of these states; empty for all states.
    public var states: [JobState] = []
    /// In this queue.
    public var queue: String?
    /// Of this kind.
    public var kind: String?
    /// Of the kinds that begin with this text.
    public var kindPrefix: String?
    /// With this actor.
    public var actor: String?
    /// Children of this job.
    public var parentID: JobID?
    /// With this job in `depends_on`.
    public var dependencyID: JobID?
    /// With all of these tags.
    public var tags: [String: String] = [:]
    /// Submitted at or after this time.
    public var createdAfter: Timestamp?
    /// Submitted before this time.
    public var createdBefore: Timestamp?
    /// Dead letters with this fingerprint.
    public var fingerprint: String?
    /// Dead letters with this error type.
    public var errorType: String?
    /// With this text in their ID, kind, error or payload. Only the engine compares it.
    public var text: String?

    /// A filter that matches every job.
    public init() {}

    /// The kind, or the beginning of kinds and `*`, as callers write it; nil for every kind.
    public var kinds: String? { kind ?? kindPrefix.map { $0 + "*" } }

    /// Selects a kind, or with a trailing `*` the kinds that begin with the text before it.
    public mutating func setKinds(_ text: String?) {
        let isPrefix = text?.utf8.last == UInt8(ascii: "*")
        kind = isPrefix ? nil : text
        kindPrefix = isPrefix ? text.map { String($0.dropLast()) } : nil
    }
}

/// The fields that a list reads, and the maximum size of a page.
public struct JobReading: Sendable, Hashable {
    /// Whether `payload`, `result`, `artifacts` and `attempts` are omitted. The store does not read them then.
    public var isSummary: Bool
    /// The maximum size of the payloads, results and errors of a page, in bytes. A page that reaches it ends early. A
    /// page has at least one job.
    public var maxBytes: Int

    /// By default, all fields, without a maximum size.
    public init(isSummary: Bool = false, maxBytes: Int = .max) {
        self.isSummary = isSummary
        self.maxBytes = maxBytes
    }
}

/// A page of a list, newest first.
public struct JobPage: Sendable, Hashable {
    /// The jobs.
    public var jobs: [Job]
    /// The cursor of the next page; nil at the end of the list.
    public var next: JobCursor?
    /// How far back a search for a text has come: the submission of the oldest job that it read; nil if the page was not
    /// searched, or if it read the rest of the list.
    public var searchedTo: Timestamp?

    /// A page of these jobs.
    public init(jobs: [Job], next: JobCursor?, searchedTo: Timestamp? = nil) {
        self.jobs = jobs
        self.next = next
        self.searchedTo = searchedTo
    }
}

/// A page of job IDs, newest first.
public struct JobIDPage: Sendable, Hashable {
    /// The IDs of the jobs.
    public var ids: [JobID]
    /// The cursor of the next page; nil at the end of the list.
    public var next: JobCursor?

    /// A page of these IDs.
    public init(ids: [JobID], next: JobCursor?) {
        self.ids = ids
        self.next = next
    }
}

/// A position in a list of jobs: after the job with this ID. IDs increase with time, so the position stays valid when
/// jobs are added or removed.
public struct JobCursor: Sendable, Hashable, LosslessStringConvertible {
    /// The last job of the previous page.
    public let after: JobID

    /// The position after this job.
    public init(after: JobID) {
        self.after = after
    }

    /// The opaque text that the API uses.
    public var description: String { "c1." + after.description }

    /// Parses the opaque text. Nil if it is not a cursor.
    public init?(_ text: String) {
        guard text.hasPrefix("c1."), let id = JobID(String(text.dropFirst(3))) else { return nil }
        after = id
    }
}
