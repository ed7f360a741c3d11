public import LonghaulJSON

/// A request to test a state.
public struct StateTestSpec: Sendable, Hashable {
    /// What replaces the work of the state.
    public enum Mock: Sendable, Hashable {
        /// The work returns this.
        case result(JSONText)
        /// The work fails.
        case error(String?, cause: String?)
    }

    /// The text of the definition of the state, or of a machine.
    public var definition: String
    /// The state to test, if the definition is that of a machine.
    public var state: String?
    /// The input.
    public var input: JSONText
    /// The variables: an object; nil for none.
    public var variables: JSONText?
    /// The context object; nil for one that the server makes.
    public var context: JSONText?
    /// What replaces the work; nil to do it.
    public var mock: Mock?
    /// The number of retries before.
    public var retryCount: Int?

    /// A test of a state.
    public init(definition: String, state: String? = nil, input: JSONText = .emptyObject) {
        self.definition = definition
        self.state = state
        self.input = input
    }
}
