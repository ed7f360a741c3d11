/// A JSON string inside a ``JSONValue``. Strings are equal if they have the same Unicode scalars. In contrast to
/// Swift's strings, `é` as one scalar and as two are different, as in every JSON parser.
public struct JSONString: Sendable, Hashable, Comparable, ExpressibleByStringLiteral {
    /// The text.
    public let value: String

    /// A string with this text.
    public init(_ value: String) {
        self.value = value
    }

    /// A string literal.
    public init(stringLiteral value: String) {
        self.value = value
    }

    /// Whether both have the same Unicode scalars.
    public static func == (left: JSONString, right: JSONString) -> Bool {
        left.value.utf8.elementsEqual(right.value.utf8)
    }

    /// Orders by Unicode scalars.
    public static func < (left: JSONString, right: JSONString) -> Bool {
        left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }

    /// Hashes the Unicode scalars.
    public func hash(into hasher: inout Hasher) {
        for byte in value.utf8 {
            hasher.combine(byte)
        }
        hasher.combine(UInt8(0xFF))
    }

    /// Appends a string in quotes, escaping only what JSON requires.
    static func append(_ string: String, to bytes: inout [UInt8]) {
        var string = string
        bytes.append(UInt8(ascii: "\""))
        string.withUTF8 { text in
            var start = 0
            for index in text.indices where needsEscape(text[index]) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
                appendEscape(of: text[index], to: &bytes)
                start = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes += "u00".utf8
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
