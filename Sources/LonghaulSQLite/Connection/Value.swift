import LonghaulCore

/// A value that goes into a statement.
enum Value {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    static func int(_ value: Int) -> Value { .integer(Int64(value)) }
    static func int(_ value: Int?) -> Value { value.map { .integer(Int64($0)) } ?? .null }
    static func integer(_ value: Int64?) -> Value { value.map { .integer($0) } ?? .null }
    static func real(_ value: Double?) -> Value { value.map { .real($0) } ?? .null }
    static func text(_ value: String?) -> Value { value.map { .text($0) } ?? .null }
    static func blob(_ value: [UInt8]?) -> Value { value.map { .blob($0) } ?? .null }
    static func time(_ value: Timestamp) -> Value { .integer(value.milliseconds) }
    static func time(_ value: Timestamp?) -> Value { value.map { .integer($0.milliseconds) } ?? .null }
    static func bool(_ value: Bool) -> Value { .integer(value ? 1 : 0) }
}
