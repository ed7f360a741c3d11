public import LonghaulJSON

/// A change of a person or an API key, as the rules of the store describe it.
public struct AuditEntry: Sendable, Hashable {
    /// The maximum number of subjects of an entry.
    public static let maxSubjects = 256
    /// The maximum size of ``before`` and of ``after``, in bytes.
    public static let maxValueBytes = 4096

    /// The time of the transaction.
    public var at: Timestamp
    /// Who made the change, and from where.
    public var source: AuditSource
    /// The type of the change.
    public var action: AuditAction
    /// What was changed: the IDs of jobs, or the name or the ID of another object; the first ``maxSubjects``.
    public private(set) var subjects: [String]
    /// The number of changed objects, which can exceed the number of subjects.
    public var count: Int
    /// The state before the change, without payloads and secrets; nil if there was none.
    public private(set) var before: JSONText?
    /// The state after the change; nil if there is none.
    public private(set) var after: JSONText?

    /// An entry. A state beyond ``maxValueBytes`` is replaced by its size and its SHA-256.
    public init(
        at: Timestamp, source: AuditSource, action: AuditAction, subjects: [String], count: Int = 1,
        before: JSONText? = nil, after: JSONText? = nil
    ) {
        self.at = at
        self.source = source
        self.action = action
        self.subjects = Array(subjects.prefix(Self.maxSubjects))
        self.count = count
        self.before = before.map(Self.bounded)
        self.after = after.map(Self.bounded)
    }

    private static func bounded(_ value: JSONText) -> JSONText {
        guard value.bytes.count > maxValueBytes else { return value }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("size_bytes", value.bytes.count)
            writer.field("sha256", SHA256.hexadecimal(SHA256.digest(value.bytes)))
        }
        return writer.text
    }

    /// An entry as a store has it.
    package init(
        stored source: AuditSource, action: AuditAction, subjects: [String], count: Int, at: Timestamp,
        before: JSONText?, after: JSONText?
    ) {
        self.at = at
        self.source = source
        self.action = action
        self.subjects = subjects
        self.count = count
        self.before = before
        self.after = after
    }

    package mutating func setStored(subjects: [String]) { self.subjects = subjects }
    package mutating func setStored(before: JSONText?) { self.before = before }
    package mutating func setStored(after: JSONText?) { self.after = after }
}
