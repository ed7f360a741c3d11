/// The error of a text that is not one valid JSON document.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The message for the sender, with the place: `invalid UTF-8 at byte 17`.
    public let message: String
    /// The position of the error in bytes, counted from 0; nil if there is no single position.
    public let offset: Int?
    /// The JSON Pointer to the member with the error, if it is known: `/labels/gpu`.
    public let pointer: String?

    /// An error with this message and place.
    public init(message: String, offset: Int? = nil, pointer: String? = nil) {
        self.message = message
        self.offset = offset
        self.pointer = pointer
    }

    /// The message.
    public var description: String { message }
}
