package import LonghaulCore
package import LonghaulJSON

/// A value of a column, as the SQL drivers bind and read it.
package enum ColumnValue: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case bool(Bool)
    case text(String)
    case blob([UInt8])
    case id(JobID)

    package static func int(_ value: Int) -> ColumnValue { .integer(Int64(value)) }
    package static func int(_ value: Int?) -> ColumnValue { value.map { .integer(Int64($0)) } ?? .null }
    package static func integer(_ value: Int64?) -> ColumnValue { value.map { .integer($0) } ?? .null }
    package static func real(_ value: Double?) -> ColumnValue { value.map { .real($0) } ?? .null }
    package static func text(_ value: String?) -> ColumnValue { value.map { .text($0) } ?? .null }
    package static func blob(_ value: [UInt8]?) -> ColumnValue { value.map { .blob($0) } ?? .null }
    package static func id(_ value: JobID?) -> ColumnValue { value.map { .id($0) } ?? .null }
    package static func time(_ value: Timestamp) -> ColumnValue { .integer(value.milliseconds) }
    package static func time(_ value: Timestamp?) -> ColumnValue {
        value.map { .integer($0.milliseconds) } ?? .null
    }
}

/// Reading. The optional properties are nil for NULL; the others are zero, false or empty.
extension ColumnValue {
    package var optionalInt64: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var int64: Int64 { optionalInt64 ?? 0 }
    package var optionalInt: Int? { optionalInt64.map { Int($0) } }
    package var int: Int { Int(int64) }
    package var optionalTime: Timestamp? { optionalInt64.map { Timestamp(milliseconds: $0) } }
    package var time: Timestamp { Timestamp(milliseconds: int64) }

    package var bool: Bool {
        if case .bool(let value) = self { value } else { int64 != 0 }
    }

    package var optionalDouble: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    package var optionalText: String? {
        if case .text(let value) = self { value } else { nil }
    }

    package var text: String { optionalText ?? "" }

    package var optionalBlob: [UInt8]? {
        if case .blob(let value) = self { value } else { nil }
    }

    package var blob: [UInt8] { optionalBlob ?? [] }
    package var optionalJSON: JSONText? { optionalBlob.map { JSONText(validated: $0) } }

    package var optionalID: JobID? {
        switch self {
        case .id(let value): value
        case .blob(let bytes): JobID(bytes: bytes)
        default: nil
        }
    }
}
