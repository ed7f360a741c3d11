import LonghaulHTTP

/// One call of the API: what the router serves and what the API's document tells.
struct Route: Sendable {
    typealias Handler = @Sendable (APIRequest) async throws -> HTTPResponse

    let method: String
    let pattern: String
    /// The name of the operation in the document.
    let operation: String
    /// What it does, in a line.
    let summary: String
    /// The query parameters that it takes.
    var query: [Parameter] = []
    /// The schema of its body, if it takes one.
    var body: Schema?
    /// Its answers by status, besides problems.
    let answers: [Int: Schema]
    /// The problems that it answers, by status.
    var problems: [Int] = []
    /// The maximum size of the body, in bytes.
    var maxBodyBytes = APIRequest.maxJSONBytes
    let handler: Handler

    /// Whether a call of it may change something.
    var changesSomething: Bool { method != "GET" }

    /// A query parameter.
    struct Parameter: Sendable {
        let name: String
        let description: String
        var schema = ParameterSchema.text(pattern: "^[^\\u0000]*$")
    }

    /// What a body or an answer holds.
    enum Schema: Sendable, Hashable {
        /// A named schema of the document.
        case named(String)
        /// A named schema of the document, or server-sent events where the caller asks for a stream.
        case namedOrEvents(String)
        /// Bytes of any type.
        case binary
        /// Server-sent events.
        case events
        /// Plain text.
        case text
        /// No body at all.
        case nothing
    }
}
