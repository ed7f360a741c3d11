/// A query parameter of a route.
struct QueryParameter: Sendable {
    let name: String
    let description: String
    var schema = ParameterSchema.text(pattern: "^[^\\u0000]*$")
}
