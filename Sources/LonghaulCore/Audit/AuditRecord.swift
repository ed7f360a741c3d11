import LonghaulJSON

/// A place in the chain of audit records: the number and the hash of a record.
public struct AuditLink: Sendable, Hashable {
    /// The number of the record; 0 before the first one.
    public var number: Int64
    /// The hash of the record: 32 bytes.
    public var hash: [UInt8]

    /// The place before the first record.
    public static let start = AuditLink(number: 0, hash: [UInt8](repeating: 0, count: 32))

    /// A place.
    public init(number: Int64, hash: [UInt8]) {
        self.number = number
        self.hash = hash
    }
}

/// A row of the audit log. Its hash covers the row and the hash of the previous one, so that no row can be changed, removed
/// or moved without a trace.
public struct AuditRecord: Sendable, Hashable {
    /// The number, from 1 on, without gaps.
    public var number: Int64
    /// The change.
    public var entry: AuditEntry
    /// The SHA-256 of the hash of the previous record and of the JSON text of this one without the hash.
    public var hash: [UInt8]

    /// The record of a change after another record.
    public init(_ entry: AuditEntry, after previous: AuditLink) {
        number = previous.number + 1
        self.entry = entry
        hash = []
        hash = expectedHash(after: previous.hash)
    }

    /// A record as a store or a server has it.
    package init(number: Int64, entry: AuditEntry, hash: [UInt8]) {
        self.number = number
        self.entry = entry
        self.hash = hash
    }

    /// The place of the record in the chain.
    public var link: AuditLink { AuditLink(number: number, hash: hash) }

    /// The hash that the record must have after a record with this hash.
    public func expectedHash(after previous: [UInt8]) -> [UInt8] {
        SHA256.digest(previous + coveredText)
    }

    /// The JSON text that the hash covers.
    private var coveredText: [UInt8] {
        var writer = JSONWriter()
        writer.object { writeFields(to: &$0) }
        return writer.bytes
    }

    /// The beginning of the text that the hash covers. The number follows.
    package static let coveredHead = #"{"number":"#

    /// The end of the text that the hash covers, after the number, for a store that computes the hash.
    package static func coveredTail(_ entry: AuditEntry) -> [UInt8] {
        let record = AuditRecord(number: 1, entry: entry, hash: [])
        return Array(record.coveredText.dropFirst(coveredHead.utf8.count + 1))
    }
}
