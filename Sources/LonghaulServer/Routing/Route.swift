import LonghaulCore
import LonghaulHTTP

/// Routes of one resource.
protocol RouteGroup {
    init(context: APIContext)

    /// The routes in the order of the document.
    var routes: [Route] { get }
}

/// One call of the API, for the router and for the OpenAPI document.
struct Route: Sendable {
    typealias Handler = @Sendable (APIRequest) async throws -> HTTPResponse

    let method: String
    let pattern: String
    /// The name of the operation in the document.
    let operation: String
    /// The group of calls in the document.
    let tag: OperationTag
    /// Who may call it. It has no default, so that no call is open by mistake.
    let access: Access
    /// The summary of the call.
    let summary: String
    /// The description of the call, in CommonMark.
    let description: String
    /// The headers that have a meaning for the call alone.
    var headers: [HeaderParameter] = []
    /// The query parameters.
    var query: [QueryParameter] = []
    /// The schema of the body; nil for no body.
    var body: Schema?
    var isBodyRequired = true
    /// An example of the body, as JSON.
    var example: String?
    /// The answers by status, without problems.
    let answers: [Int: Schema]
    /// What the examples of answers replace in those of their schemas, as JSON, by status. See ``ExampleBuilder``.
    var examples: [Int: String] = [:]
    /// The statuses of problems.
    var problems: [Int] = []
    /// The maximum size of the body, in bytes.
    var maxBodyBytes = APIRequest.maxJSONBytes
    let handler: Handler

    /// Whether the call may change state.
    var changesSomething: Bool { method != "GET" }

    /// Whether the call can make a change that the audit log records. Submissions, the calls of workers and signals without a
    /// key are not recorded.
    var isAudited: Bool {
        changesSomething && access != .scope(.jobsSubmit) && access != .scope(.work) && access != .signalToken
    }

    /// The API key that a call needs, once there are keys.
    enum Access: Sendable, Hashable {
        /// None.
        case open
        /// None: the token in the path permits the call.
        case signalToken
        /// Any valid key.
        case anyKey
        /// A key with this scope.
        case scope(KeyScope)
        /// A key with the scope `jobs:read`, unless the server opens its metrics.
        case monitoring
    }

    /// The content of a body or an answer.
    enum Schema: Sendable, Hashable {
        /// A named schema of the document.
        case named(String)
        /// A named schema of the document, or server-sent events if the caller requests a stream.
        case namedOrEvents(String)
        /// Bytes of any type.
        case binary
        /// Server-sent events.
        case events
        /// Plain text.
        case text
        /// A page for people, in HTML.
        case page
        /// No body.
        case nothing

        /// The named schema of the JSON content; nil for content of other types.
        var name: String? {
            switch self {
            case .named(let name), .namedOrEvents(let name): name
            default: nil
            }
        }
    }
}
