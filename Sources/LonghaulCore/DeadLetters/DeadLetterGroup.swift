/// Dead letters that are alike: of one queue, with one fingerprint (and so of one kind and type of error).
public struct DeadLetterGroup: Sendable, Hashable {
    /// A dead letter of the group, to look at.
    public struct Example: Sendable, Hashable {
        /// The job.
        public var jobID: JobID
        /// Why it failed.
        public var error: JobError

        /// An example of this job.
        public init(jobID: JobID, error: JobError) {
            self.jobID = jobID
            self.error = error
        }
    }

    /// What they have in common; see ``ErrorFingerprint``.
    public var fingerprint: String
    /// Their queue.
    public var queue: String
    /// Their kind.
    public var kind: String
    /// The type of their error.
    public var errorType: String
    /// How many there are.
    public var count: Int
    /// When the first of the group failed. A group that was emptied begins anew.
    public var firstSeenAt: Timestamp
    /// When the latest of the group failed.
    public var lastSeenAt: Timestamp
    /// The newest of them.
    public var example: Example?

    /// A group of these facts.
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

/// Which groups of dead letters a list shows. Every condition given must hold.
public struct DeadLetterGroupFilter: Sendable, Hashable {
    /// In this queue.
    public var queue: String?
    /// Of this kind.
    public var kind: String?
    /// With this fingerprint.
    public var fingerprint: String?
    /// With an error of this type.
    public var errorType: String?

    /// Every group.
    public init() {}
}

/// A page of groups, the largest first.
public struct DeadLetterGroupPage: Sendable, Hashable {
    /// The groups.
    public var groups: [DeadLetterGroup]
    /// What continues the list after the last of them; nil at its end.
    public var next: DeadLetterGroupCursor?

    /// A page of these groups.
    public init(groups: [DeadLetterGroup], next: DeadLetterGroupCursor?) {
        self.groups = groups
        self.next = next
    }
}

/// A place in a list of groups: right after a group of this size and name. It stays valid while groups come,
/// go and grow; one that grows or shrinks past the place meanwhile may be shown twice or not at all.
public struct DeadLetterGroupCursor: Sendable, Hashable, LosslessStringConvertible {
    /// How many dead letters the last group of the page before had.
    public let count: Int
    /// Its fingerprint.
    public let fingerprint: String
    /// Its queue.
    public let queue: String

    /// The place after this group.
    public init(after group: DeadLetterGroup) {
        count = group.count
        fingerprint = group.fingerprint
        queue = group.queue
    }

    /// The opaque text of the API.
    public var description: String { "g1.\(count).\(fingerprint).\(queue)" }

    /// Reads the opaque text. Nil if it was not made here.
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
