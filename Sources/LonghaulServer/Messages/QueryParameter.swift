/// A query parameter of a route.
struct QueryParameter: Sendable {
    let name: String
    let description: String
    /// Whether the call is refused without the parameter. The handler checks this.
    var isRequired = false
    var schema = ParameterSchema.text(pattern: "^[^\\u0000]*$")
}
