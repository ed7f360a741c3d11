import LonghaulCore
import LonghaulStore

/// A parameter of a statement in the server's binary format. The statement declares the type.
struct Parameter {
    /// The bytes before `bytes`.
    let header: [UInt8]
    /// Nil for NULL.
    let bytes: [UInt8]?

    init(_ bytes: [UInt8]?, header: [UInt8] = []) {
        self.bytes = bytes
        self.header = header
    }

    /// The number of bytes; nil for NULL.
    var count: Int? { bytes.map { header.count + $0.count } }

    static let null = Parameter(nil)

    static func int8(_ value: Int64?) -> Parameter {
        Parameter(value.map { value in Self.encoded { $0.append(bigEndian: value) } })
    }

    static func int8(_ value: Int?) -> Parameter { int8(value.map(Int64.init)) }

    static func int4(_ value: Int) -> Parameter {
        Parameter(encoded { $0.append(bigEndian: Int32(clamping: value)) })
    }

    static func float8(_ value: Double?) -> Parameter {
        Parameter(value.map { value in Self.encoded { $0.append(bigEndian: value.bitPattern) } })
    }

    static func bool(_ value: Bool) -> Parameter { Parameter([value ? 1 : 0]) }
    static func time(_ value: Timestamp?) -> Parameter { int8(value?.milliseconds) }
    static func bytea(_ value: [UInt8]?) -> Parameter { Parameter(value) }

    static func text(_ value: String?) -> Parameter {
        Parameter(value.map { value in Self.encoded { $0.append(text: value) } })
    }

    static func uuid(_ value: JobID?) -> Parameter {
        Parameter(value.map { value in Self.encoded { $0.append(value) } })
    }

    static func uuids(_ values: some Sequence<JobID>) -> Parameter {
        var list = ArrayParameter(.uuid)
        for value in values { list.append(value) }
        return list.parameter
    }

    static func texts(_ values: some Sequence<String>) -> Parameter {
        var list = ArrayParameter(.text)
        for value in values { list.append(value) }
        return list.parameter
    }

    static func numbers(_ values: some Sequence<Int64?>) -> Parameter {
        var list = ArrayParameter(.int8)
        for value in values { list.append(value) }
        return list.parameter
    }

    private static func encoded(_ body: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        body(&bytes)
        return bytes
    }
}

/// The types of columns, by their OIDs.
enum ColumnType: UInt32 {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case float8 = 701
    case uuid = 2950

    /// The SQL name.
    var name: String {
        switch self {
        case .bool: "boolean"
        case .bytea: "bytea"
        case .int8: "bigint"
        case .int2: "smallint"
        case .int4: "integer"
        case .text: "text"
        case .float8: "double precision"
        case .uuid: "uuid"
        }
    }
}

/// A list of values as one parameter: a column of many rows, which the statement unnests.
struct ArrayParameter: Equatable {
    private let type: ColumnType
    private var elements: [UInt8] = []
    private var nulls = 0
    private var zeros = 0
    private(set) var count = 0

    /// An empty list.
    init(_ type: ColumnType) {
        self.type = type
    }

    /// Appends an integer in the width of the list.
    mutating func append(_ value: Int64?) {
        guard let value else { return appendNull() }
        count += 1
        if value == 0 { zeros += 1 }
        switch type {
        case .int2:
            elements.append(bigEndian: Int32(2))
            elements.append(bigEndian: Int16(clamping: value))
        case .int4:
            elements.append(bigEndian: Int32(4))
            elements.append(bigEndian: Int32(clamping: value))
        default:
            elements.append(bigEndian: Int32(8))
            elements.append(bigEndian: value)
        }
    }

    mutating func append(_ value: Int?) { append(value.map(Int64.init)) }
    mutating func append(_ value: Timestamp?) { append(value?.milliseconds) }

    mutating func append(_ value: Double?) {
        guard let value else { return appendNull() }
        count += 1
        elements.append(bigEndian: Int32(8))
        elements.append(bigEndian: value.bitPattern)
    }

    mutating func append(_ value: Bool) {
        count += 1
        if !value { zeros += 1 }
        elements.append(bigEndian: Int32(1))
        elements.append(value ? 1 : 0)
    }

    mutating func append(_ value: String?) {
        guard let value else { return appendNull() }
        count += 1
        let start = elements.count
        elements.append(bigEndian: Int32(0))
        elements.append(text: value)
        let length = UInt32(elements.count - start - 4)
        for index in 0..<4 { elements[start + index] = UInt8(truncatingIfNeeded: length >> (24 - index * 8)) }
    }

    mutating func append(_ value: [UInt8]?) {
        guard let value else { return appendNull() }
        count += 1
        elements.append(bigEndian: Int32(value.count))
        elements.append(contentsOf: value)
    }

    mutating func append(_ value: JobID?) {
        guard let value else { return appendNull() }
        count += 1
        elements.append(bigEndian: Int32(16))
        elements.append(value)
    }

    mutating func append(_ value: ColumnValue) {
        switch value {
        case .null: appendNull()
        case .integer(let value): append(value)
        case .real(let value): append(value)
        case .bool(let value): append(value)
        case .text(let value): append(value)
        case .blob(let value): append(value)
        case .id(let value): append(value)
        }
    }

    private mutating func appendNull() {
        count += 1
        nulls += 1
        elements.append(bigEndian: Int32(-1))
    }

    /// Whether it has no value but NULL.
    var isAllNull: Bool { nulls == count }

    /// Whether it has no value but 0 or false.
    var isAllZero: Bool { zeros == count }

    /// The whole list.
    var parameter: Parameter {
        var header: [UInt8] = []
        header.reserveCapacity(20)
        header.append(bigEndian: Int32(count == 0 ? 0 : 1))
        header.append(bigEndian: Int32(nulls > 0 ? 1 : 0))
        header.append(bigEndian: type.rawValue)
        guard count > 0 else { return Parameter(header) }
        header.append(bigEndian: Int32(count))
        header.append(bigEndian: Int32(1))
        return Parameter(elements, header: header)
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ id: JobID) {
        append(bigEndian: id.high)
        append(bigEndian: id.low)
    }

    /// Appends text. PostgreSQL's text cannot hold NUL, so it becomes the replacement character.
    fileprivate mutating func append(text: String) {
        guard text.utf8.contains(0) else { return append(contentsOf: text.utf8) }
        for byte in text.utf8 {
            if byte == 0 { append(contentsOf: "\u{FFFD}".utf8) } else { append(byte) }
        }
    }
}
