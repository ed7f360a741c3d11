import LonghaulCore
import LonghaulHTTP
import LonghaulJSON

/// The OpenAPI 3.1 document, generated from the routes of the router.
enum OpenAPIDocument {
    /// The route that serves the document. The document describes the given routes and this one.
    static func route(_ routes: [Route], version: String) -> Route {
        let bytes = document(of: routes + [route(serving: [])], version: version)
        return route(serving: bytes)
    }

    private static func route(serving bytes: [UInt8]) -> Route {
        Route(
            method: "GET", pattern: "/openapi.json", operation: "openAPI", access: .anyKey,
            summary: "This document.",
            answers: [200: .named("Any")],
            handler: { _ in
                HTTPResponse(
                    status: 200, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
            })
    }

    private static func document(of routes: [Route], version: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 65_536)
        writer.object { writer in
            writer.field("openapi", "3.1.0")
            writer.object("info") { writer in
                writer.field("title", "Longhaul")
                writer.field(
                    "summary", "Long-running jobs: submit them, lease them to workers, read their results.")
                writer.field("description", OperationNotes.conventions)
                writer.field("version", version)
                writer.object("license") { writer in
                    writer.field("name", "Apache-2.0")
                    writer.field("identifier", "Apache-2.0")
                }
            }
            writer.array("servers") { $0.element(Schema.any.with("url", "/")) }
            writer.array("tags") { writer in
                for tag in OperationTag.allCases {
                    writer.object { writer in
                        writer.field("name", tag.rawValue)
                        writer.field("description", tag.description)
                    }
                }
            }
            writer.object("paths") { writer in
                for (pattern, calls) in byPattern(routes) {
                    writer.object(pattern) { writer in
                        for call in calls { write(call, to: &writer) }
                    }
                }
            }
            writer.object("components") { writer in
                writer.key("schemas")
                writer.raw(APISchemas.text)
                writer.object("securitySchemes") { writer in
                    writer.object(Self.securityScheme) { writer in
                        writer.field("type", "http")
                        writer.field("scheme", "bearer")
                        writer.field("description", OperationNotes.keys)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// The routes by their pattern, in the order in which the patterns first appear.
    private static func byPattern(_ routes: [Route]) -> [(String, [Route])] {
        var order: [String] = []
        var calls: [String: [Route]] = [:]
        for route in routes {
            if calls[route.pattern] == nil { order.append(route.pattern) }
            calls[route.pattern, default: []].append(route)
        }
        return order.map { ($0, calls[$0] ?? []) }
    }

    private static func write(_ route: Route, to writer: inout JSONWriter) {
        writer.object(route.method.lowercased()) { writer in
            writer.field("operationId", route.operation)
            writer.field("summary", route.summary)
            if let note = OperationNotes.texts[route.operation] { writer.field("description", note) }
            writer.field("tags", [OperationTag(route).rawValue])
            writeSecurity(of: route, to: &writer)
            writer.array("parameters") { writer in
                for name in pathParameters(route.pattern) {
                    write(pathParameter: name, of: route, to: &writer)
                }
                for parameter in route.query { write(parameter, to: &writer) }
            }
            if let body = route.body {
                writer.object("requestBody") { writer in
                    writer.field("required", !OperationNotes.optionalBodies.contains(route.operation))
                    write(content: body, to: &writer)
                }
            }
            writer.object("responses") { writer in writeAnswers(of: route, to: &writer) }
        }
    }

    private static let securityScheme = "key"

    /// The scopes that a call needs. They are empty for a call that any key may use.
    private static func writeSecurity(of route: Route, to writer: inout JSONWriter) {
        let scopes: [String]
        switch route.access {
        case .open, .signalToken: return writer.array("security") { _ in }
        case .anyKey: scopes = []
        case .scope(let scope): scopes = [scope.rawValue]
        case .monitoring: scopes = [KeyScope.jobsRead.rawValue]
        }
        writer.array("security") { writer in
            writer.object { $0.field(securityScheme, scopes) }
        }
    }

    private static func writeAnswers(of route: Route, to writer: inout JSONWriter) {
        for (status, schema) in route.answers.sorted(by: { $0.key < $1.key }) {
            writer.object("\(status)") { writer in
                writer.field("description", statusText[status] ?? "")
                if schema != .nothing { write(content: schema, to: &writer) }
            }
        }
        var problems = Set(route.problems)
        // Every call of the API refuses unknown query parameters.
        if route.pattern.hasPrefix("/v1/") { problems.insert(400) }
        if route.access != .open, route.access != .signalToken { problems.formUnion([401, 403]) }
        // Any request may be refused because of its host, the rate of its address or the limits of the server.
        problems.formUnion([421, 429, 503])
        for status in problems.sorted() {
            writer.object("\(status)") { write(problem: statusText[status] ?? "A problem", to: &$0) }
        }
        writer.object("default") {
            write(problem: "Any other problem, such as a full queue or too many requests", to: &$0)
        }
    }

    private static func write(problem description: String, to writer: inout JSONWriter) {
        writer.field("description", description)
        writer.object("content") { writer in
            writer.object("application/problem+json") { $0.field("schema", Schema.named("Problem")) }
        }
    }

    private static func pathParameters(_ pattern: String) -> [String] {
        pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    private static func write(pathParameter name: String, of route: Route, to writer: inout JSONWriter) {
        let parameter = PathParameter(name, of: route)
        writer.object { writer in
            writer.field("name", name)
            writer.field("in", "path")
            writer.field("required", true)
            writer.field("description", parameter.description)
            writer.field("schema", parameter.schema)
        }
    }

    private static func write(_ parameter: QueryParameter, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", parameter.name)
            writer.field("in", "query")
            writer.field("description", parameter.description)
            writer.field("schema", parameter.schema.schema)
        }
    }

    private static func write(content schema: Route.Schema, to writer: inout JSONWriter) {
        writer.object("content") { writer in
            switch schema {
            case .named(let name): writeJSON(name, to: &writer)
            case .namedOrEvents(let name):
                writeJSON(name, to: &writer)
                writer.object("text/event-stream") { $0.field("schema", events) }
            case .binary:
                let bytes = Schema.any.with("type", "string").with(
                    "contentMediaType", "application/octet-stream"
                )
                .described(
                    "The bytes of the file. The artifact keeps the media type of the request.")
                writer.object("application/octet-stream") { $0.field("schema", bytes) }
            case .events: writer.object("text/event-stream") { $0.field("schema", events) }
            case .text: writer.object("text/plain") { $0.field("schema", Schema.string()) }
            case .page: writer.object("text/html") { $0.field("schema", Schema.string()) }
            case .nothing: break
            }
        }
    }

    private static func writeJSON(_ name: String, to writer: inout JSONWriter) {
        writer.object("application/json") { $0.field("schema", Schema.named(name)) }
    }

    private static let events = Schema.any.described(
        "Server-sent events. The data of `state` and `progress` is a Change, of `line` a LogLine, and of `resync` an "
            + "object with a `reason`, each as JSON. Comments keep the connection open.")

    private static let statusText: [Int: String] = [
        200: "Done", 201: "Created", 202: "Accepted", 204: "Done, without content", 206: "A part of the file",
        401: "The request has no valid API key",
        303: "The file is at another URL", 304: "Not modified", 400: "The request is invalid",
        403:
            "The API key lacks the scope or does not cover the queue or the kind, or a browser sent the request for a "
            + "page of another site", 404: "Not found",
        409: "The state does not allow the operation", 410: "The token was used or has expired",
        413: "Too large",
        415: "The media type is not supported", 416: "The range is outside the file",
        421: "The request is for another host", 422: "The idempotency key belongs to another request",
        429: "The API key or the client address sends too many requests; retry later",
        503: "Busy or unavailable; retry later",
    ]
}
