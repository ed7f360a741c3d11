/// A JSON value as its sender wrote it: validated, but not decoded, so that large integers, the order of
/// keys and the spelling of numbers come back as they were sent.
///
/// Two texts are equal when their bytes are; ``JSONValue`` compares what they mean.
public struct JSONText: Sendable, Hashable, CustomStringConvertible {
    /// The value's UTF-8 text, without white space around it.
    public let bytes: [UInt8]

    /// Wraps text that is known to be one valid JSON value.
    public init(validated bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Validates `bytes` as one JSON document and keeps its value's own text.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text; white space around the value is dropped.
    ///   - maxDepth: How deep arrays and objects may nest.
    /// - Throws: ``JSONError`` naming the first fault found.
    public init(parsing bytes: [UInt8], maxDepth: Int = 64) throws(JSONError) {
        let root = try Parsing.root(of: bytes, maxDepth: maxDepth)
        self.bytes = root.count == bytes.count ? bytes : Array(bytes[root])
    }

    /// The value `null`.
    public static let null = JSONText(validated: Array("null".utf8))

    /// True if the value is `null`.
    public var isNull: Bool {
        bytes == JSONText.null.bytes
    }

    /// The value's text.
    public var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}
