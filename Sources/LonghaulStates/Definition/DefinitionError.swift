/// Why a definition cannot be parsed.
public struct DefinitionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let message: String
    /// Where it is: `/States/Pay/Type`; empty for the whole definition.
    public let location: String

    /// An error at a place.
    public init(_ message: String, at location: String = "") {
        self.message = message
        self.location = location
    }

    /// The message with the place.
    public var description: String {
        location.isEmpty ? message : "\(message) at \(location)"
    }
}
