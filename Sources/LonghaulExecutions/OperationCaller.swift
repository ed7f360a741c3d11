/// The caller of an operation.
public struct OperationCaller: Sendable, Hashable {
    /// The name of the caller's API key; empty if the caller has none.
    public var name: String

    /// A caller.
    public init(name: String = "") {
        self.name = name
    }
}
