/// Dead letters of one queue with one fingerprint, and therefore with one kind and one error type.
public struct DeadLetterGroup: Sendable, Hashable {
    /// An example dead letter of a group.
    public struct Example: Sendable, Hashable {
        /// The job.
        public var jobID: JobID
        /// Its error.
        public var error: JobError

        /// An example of this job.
        public init(jobID: JobID, error: JobError) {
            self.jobID = jobID
            self.error = error
        }
    }

    /// Their fingerprint; see ``ErrorFingerprint``.
    public var fingerprint: String
    /// Their queue.
    public var queue: String
    /// Their kind.
    public var kind: String
    /// Their error type.
    public var errorType: String
    /// The number of dead letters.
    public var count: Int
    /// When the first job of the group failed. An emptied group starts again.
    public var firstSeenAt: Timestamp
    /// When the latest job of the group failed.
    public var lastSeenAt: Timestamp
    /// The newest dead letter.
    public var example: Example?

    /// A group.
    public init(
        fingerprint: String, queue: String, kind: String, errorType: String, count: Int,
        firstSeenAt: Timestamp, lastSeenAt: Timestamp, example: Example? = nil
    ) {
        self.fingerprint = fingerprint
        self.queue = queue
        self.kind = kind
        self.errorType = errorType
        self.count = count
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
        self.example = example
    }
}

/// A filter for lists of groups. A group must meet all conditions that are set.
public struct DeadLetterGroupFilter: Sendable, Hashable {
    /// In this queue.
    public var queue: String?
    /// Of this kind.
    public var kind: String?
    /// With this fingerprint.
    public var fingerprint: String?
    /// With this error type.
    public var errorType: String?

    /// A filter that matches every group.
    public init() {}
}

/// A page of groups, the largest first.
public struct DeadLetterGroupPage: Sendable, Hashable {
    /// The groups.
    public var groups: [DeadLetterGroup]
    /// The cursor of the next page; nil at the end of the list.
    public var next: DeadLetterGroupCursor?

    /// A page of these groups.
    public init(groups: [DeadLetterGroup], next: DeadLetterGroupCursor?) {
        self.groups = groups
        self.next = next
    }
}

/// A position in a list of groups: after a group of this size and name. It stays valid when groups change. A group that
/// moves past the position between two pages may appear twice or not at all.
public struct DeadLetterGroupCursor: Sendable, Hashable, LosslessStringConvertible {
    /// The number of dead letters of the last group on the previous page.
    public let count: Int
    /// Its fingerprint.
    public let fingerprint: String
    /// Its queue.
    public let queue: String

    /// The position after this group.
    public init(after group: DeadLetterGroup) {
        count = group.count
        fingerprint = group.fingerprint
        queue = group.queue
    }

    /// The opaque text that the API uses.
    public var description: String { "g1.\(count).\(fingerprint).\(queue)" }

    /// Parses the opaque text. Nil if it is not a cursor.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "g1", let count = Int(parts[1]),
            ErrorFingerprint.isFingerprint(String(parts[2])), QueueSettings.isName(String(parts[3]))
        else { return nil }
        self.count = count
        fingerprint = String(parts[2])
        queue = String(parts[3])
    }
}
