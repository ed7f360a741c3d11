/// A JSON value in its original spelling: validated but not decoded. Large integers, the order of keys and the spelling
/// of numbers are preserved.
///
/// Two texts are equal if their bytes are equal. ``JSONValue`` compares by meaning.
public struct JSONText: Sendable, Hashable, CustomStringConvertible {
    /// The value's UTF-8 text, without white space around it.
    public let bytes: [UInt8]

    /// Wraps text that is one valid JSON value.
    public init(validated bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Validates `bytes` as one JSON document, and keeps the text of its value.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text. White space around the value is dropped.
    ///   - maxDepth: The maximum nesting depth of arrays and objects.
    /// - Throws: ``JSONError`` with the first error.
    public init(parsing bytes: [UInt8], maxDepth: Int = 64) throws(JSONError) {
        let root = try Parsing.root(of: bytes, maxDepth: maxDepth)
        self.bytes = root.count == bytes.count ? bytes : Array(bytes[root])
    }

    /// Whether arrays and objects nest deeper than `limit` in the text.
    ///
    /// Complexity: O(bytes); constant for texts that are too short for this depth.
    public func isNested(deeperThan limit: Int) -> Bool {
        guard bytes.count > 2 * limit else { return false }
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > limit { return true }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return false
    }

    /// The value `null`.
    public static let null = JSONText(validated: Array("null".utf8))

    /// Whether the value is `null`.
    public var isNull: Bool {
        bytes == JSONText.null.bytes
    }

    /// The value's text.
    public var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}
