/// A JSON value as its sender wrote it: validated, but not decoded, so that large integers, the order of
/// keys and the spelling of numbers come back as they were sent.
public struct JSONText: Sendable, Hashable {
    /// The value's UTF-8 text, without white space around it.
    public let bytes: [UInt8]

    /// Wraps text that is known to be one valid JSON value.
    public init(validated bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The value `null`.
    public static let null = JSONText(validated: Array("null".utf8))
}
