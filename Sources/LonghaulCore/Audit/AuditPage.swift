/// The ends of the chain of audit records.
public struct AuditChain: Sendable, Hashable {
    /// The last record that retention has removed; ``AuditLink/start`` if there is none.
    public var removed: AuditLink
    /// The last record.
    public var last: AuditLink

    /// A chain with these ends.
    public init(removed: AuditLink = .start, last: AuditLink = .start) {
        self.removed = removed
        self.last = last
    }
}

/// Selects audit records. A record must match all conditions that are set.
public struct AuditFilter: Sendable, Hashable {
    /// The type of the change.
    public var action: AuditAction?
    /// The caller.
    public var caller: String?
    /// One of the subjects.
    public var subject: String?
    /// The earliest time.
    public var createdAfter: Timestamp?
    /// The time before which the change was made.
    public var createdBefore: Timestamp?

    /// A filter that matches every record.
    public init() {}

    /// Whether a record matches.
    public func fits(_ record: AuditRecord) -> Bool {
        let entry = record.entry
        return action.map { $0 == entry.action } ?? true
            && caller.map { $0 == entry.source.caller } ?? true
            && subject.map { entry.subjects.contains($0) } ?? true
            && createdAfter.map { entry.at >= $0 } ?? true
            && createdBefore.map { entry.at < $0 } ?? true
    }
}

/// A page of audit records, newest first.
public struct AuditPage: Sendable, Hashable {
    /// The maximum number of records that one page reads to find those that match a filter.
    public static let maxScanned: Int64 = 10_000

    /// The records.
    public var records: [AuditRecord]
    /// The next page has records before this number; nil on the last page.
    public var next: Int64?
    /// The ends of the chain when the page was read.
    public var chain: AuditChain

    /// A page.
    public init(records: [AuditRecord], next: Int64?, chain: AuditChain) {
        self.records = records
        self.next = next
        self.chain = chain
    }
}
