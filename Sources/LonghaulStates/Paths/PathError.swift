/// Why a path cannot be parsed or evaluated.
public struct PathError: Error, Sendable, Hashable {
    /// What kind of error this is.
    public enum Kind: Sendable, Hashable {
        /// The text is not a path.
        case syntax
        /// The path leads to no value.
        case notFound
        /// The path is not applicable to the value.
        case notApplicable
        /// The evaluation takes too many steps.
        case limit
    }

    /// What kind of error this is.
    public let kind: Kind
    /// What is wrong, with AWS's text where it is known.
    public let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
