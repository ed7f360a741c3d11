/// What the paths, templates and expressions of a state can read.
public struct StateScope: Sendable {
    /// What `$` stands for in a path. In JSONata it is `$states.input`.
    public var input: StateValue
    /// The context object, `$$` in a path and `$states.context` in JSONata.
    public var context: StateValue
    /// The variables by their names without `$`.
    public var variables: [String: StateValue]

    /// A scope with these values.
    public init(
        input: StateValue, context: StateValue = .object(StateObject()),
        variables: [String: StateValue] = [:]
    ) {
        self.input = input
        self.context = context
        self.variables = variables
    }

    /// The scope with another input.
    public func with(input: StateValue) -> StateScope {
        var scope = self
        scope.input = input
        return scope
    }
}
