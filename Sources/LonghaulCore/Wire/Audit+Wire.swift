public import LonghaulJSON

extension AuditRecord: JSONReadable, JSONWritable {
    /// Reads a record, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> AuditRecord {
        let number = reader.needed("number", "an integer") { $0.int($1) } ?? 0
        let at = reader.needed("at", "a time") { $0.timestamp($1) } ?? .distantPast
        let source = AuditSource(
            caller: reader.requiredString("caller") ?? "", keyID: reader.string("key_id"),
            client: reader.string("client"), requestID: reader.string("request_id"))
        let action = reader.needed("action", "an action") { $0.choice($1, of: AuditAction.self) }
        let entry = AuditEntry(
            stored: source, action: action ?? .cancelJob, subjects: reader.strings("subjects") ?? [],
            count: reader.int("count").map { Int($0) } ?? 0, at: at, before: reader.value("before"),
            after: reader.value("after"))
        return AuditRecord(number: number, entry: entry, hash: reader.hash("hash"))
    }

    /// Writes the record as the API returns it.
    public func write(to writer: inout JSONWriter) {
        write(to: &writer, isSummary: false)
    }

    /// Writes the record.
    ///
    /// - Parameter isSummary: whether to leave out the states before and after the change.
    package func write(to writer: inout JSONWriter, isSummary: Bool) {
        writer.object { writer in
            writeFields(to: &writer, isSummary: isSummary)
            // The last field: without it, the text is what the hash covers.
            writer.field("hash", SHA256.hexadecimal(hash))
        }
    }

    /// Writes the fields that the hash covers. Their order and form never change.
    func writeFields(to writer: inout JSONWriter, isSummary: Bool = false) {
        writer.field("number", number)
        writer.field("at", entry.at)
        writer.field("caller", entry.source.caller)
        writer.field("key_id", entry.source.keyID)
        writer.field("client", entry.source.client)
        writer.field("request_id", entry.source.requestID)
        writer.field("action", entry.action.rawValue)
        writer.field("subjects", entry.subjects)
        writer.field("count", entry.count)
        guard !isSummary else { return }
        for (name, value) in [("before", entry.before), ("after", entry.after)] {
            writer.key(name)
            if let value { writer.raw(value) } else { writer.null() }
        }
    }
}

extension AuditLink: JSONWritable {
    static func read(_ reader: inout JSONObjectReader) -> AuditLink {
        AuditLink(number: reader.int("number") ?? 0, hash: reader.hash("hash"))
    }

    /// Writes the place.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("number", number)
            writer.field("hash", SHA256.hexadecimal(hash))
        }
    }
}

extension AuditChain: JSONWritable {
    static func read(_ reader: inout JSONObjectReader) -> AuditChain {
        var chain = AuditChain()
        if var removed = reader.object("removed") { chain.removed = AuditLink.read(&removed) }
        if var last = reader.object("last") { chain.last = AuditLink.read(&last) }
        return chain
    }

    /// Writes the ends of the chain.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("removed", removed)
            writer.field("last", last)
        }
    }
}

extension AuditPage: JSONReadable {
    /// Reads a page, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> AuditPage {
        let records = reader.objects("items", AuditRecord.read) ?? []
        let next = reader.string("next_cursor").flatMap { AuditCursor($0)?.number }
        var chain = AuditChain()
        if var inner = reader.object("chain") { chain = AuditChain.read(&inner) }
        return AuditPage(records: records, next: next, chain: chain)
    }
}

/// A position in the list of audit records.
public struct AuditCursor: Sendable, Hashable, CustomStringConvertible {
    /// The list continues before the record of this number.
    public var number: Int64

    /// The position before a record.
    public init(before number: Int64) {
        self.number = number
    }

    /// Parses the opaque text of the API; nil if it is invalid.
    public init?(_ text: String) {
        guard text.hasPrefix("a1."), text.utf8.count <= 21, let number = Int64(text.dropFirst(3)), number > 0
        else { return nil }
        self.number = number
    }

    /// The opaque text of the API.
    public var description: String { "a1.\(number)" }
}

extension JSONObjectReader {
    /// A value as its text; nil if it is absent or null.
    fileprivate mutating func value(_ name: String) -> JSONText? {
        text(name).flatMap { $0.isNull ? nil : $0 }
    }

    /// A hash in hexadecimal digits.
    fileprivate mutating func hash(_ name: String) -> [UInt8] {
        guard let text = requiredString(name) else { return [] }
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else {
            fault(name, "expected 64 hexadecimal digits")
            return []
        }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
