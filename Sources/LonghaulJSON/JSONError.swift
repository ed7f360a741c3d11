/// Why a text is not one valid JSON document.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong and where, fit for the sender: `invalid UTF-8 at byte 17`.
    public let message: String
    /// The byte at fault, counted from 0; nil where no one byte is.
    public let offset: Int?
    /// The JSON Pointer to the member at fault, where it is known: `/labels/gpu`.
    public let pointer: String?

    /// Makes an error.
    public init(message: String, offset: Int? = nil, pointer: String? = nil) {
        self.message = message
        self.offset = offset
        self.pointer = pointer
    }

    /// The message.
    public var description: String { message }
}
