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
            method: "GET", pattern: "/openapi.json", operation: "openAPI", tag: .monitoring, access: .anyKey,
            summary: "This document.",
            description: "OpenAPI 3.1. The page `/docs` shows it to people.",
            answers: [200: .named("Any")], examples: [200: #"{"openapi": "3.1.0"}"#],
            handler: { _ in
                HTTPResponse(
                    status: 200, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
            })
    }

    private static func document(of routes: [Route], version: String) -> [UInt8] {
        let examples = (try? JSONDocument(parsing: APISchemas.text.bytes)).map {
            ExampleBuilder(schemas: $0.root)
        }
        var writer = JSONWriter(capacity: 524_288)
        writer.object { writer in
            writer.field("openapi", "3.1.0")
            writer.object("info") { writer in
                writer.field("title", "Longhaul")
                writer.field(
                    "summary", "Long-running jobs: submit them, lease them to workers, read their results.")
                writer.field("description", DocumentTexts.conventions)
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
                        for call in calls { write(call, examples, to: &writer) }
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
                        writer.field("description", DocumentTexts.keys)
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

    private static func write(_ route: Route, _ examples: ExampleBuilder?, to writer: inout JSONWriter) {
        writer.object(route.method.lowercased()) { writer in
            writer.field("operationId", route.operation)
            writer.field("summary", route.summary)
            writer.field("description", route.description)
            writer.field("tags", [route.tag.rawValue])
            writeSecurity(of: route, to: &writer)
            writer.array("parameters") { writer in
                for name in pathParameters(route.pattern) {
                    write(pathParameter: name, of: route, to: &writer)
                }
                for parameter in route.query { write(parameter, to: &writer) }
                for header in route.headers { write(header, to: &writer) }
            }
            if let body = route.body {
                writer.object("requestBody") { writer in
                    writer.field("required", route.isBodyRequired)
                    write(
                        content: body, example: route.example.map { JSONText(validated: Array($0.utf8)) },
                        to: &writer)
                }
            }
            writer.object("responses") { writer in writeAnswers(of: route, examples, to: &writer) }
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

    private static func writeAnswers(
        of route: Route, _ examples: ExampleBuilder?, to writer: inout JSONWriter
    ) {
        for (status, schema) in route.answers.sorted(by: { $0.key < $1.key }) {
            writer.object("\(status)") { writer in
                writer.field("description", statusText[status] ?? "")
                guard schema != .nothing else { return }
                let example = schema.name.flatMap { examples?.example(of: $0, patch: route.examples[status]) }
                write(content: schema, example: example, to: &writer)
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
            if parameter.isRequired { writer.field("required", true) }
            writer.field("description", parameter.description)
            writer.field("schema", parameter.schema.schema)
        }
    }

    private static func write(_ header: HeaderParameter, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", header.name)
            writer.field("in", "header")
            writer.field("description", header.description)
            writer.field("schema", header.schema)
        }
    }

    /// - Parameter example: an example of the JSON body; nil for none.
    private static func write(content schema: Route.Schema, example: JSONText?, to writer: inout JSONWriter) {
        writer.object("content") { writer in
            switch schema {
            case .named(let name): writeJSON(name, example, to: &writer)
            case .namedOrEvents(let name):
                writeJSON(name, example, to: &writer)
                write("text/event-stream", events, to: &writer)
            case .binary: write("application/octet-stream", file, to: &writer)
            case .events: write("text/event-stream", events, to: &writer)
            case .text: write("text/plain", metrics, to: &writer)
            case .page: write("text/html", page, to: &writer)
            case .nothing: break
            }
        }
    }

    private static func write(_ type: String, _ schema: Schema, to writer: inout JSONWriter) {
        writer.object(type) { $0.field("schema", schema) }
    }

    private static func writeJSON(_ name: String, _ example: JSONText?, to writer: inout JSONWriter) {
        writer.object("application/json") { writer in
            writer.field("schema", Schema.named(name))
            if let example { writer.field("example", example) }
        }
    }

    /// `format` is for generators of clients that do not know `contentMediaType`.
    private static let file = Schema.string().with("format", "binary").with(
        "contentMediaType", "application/octet-stream"
    ).described("The bytes of the file. The artifact keeps the media type of the request.")

    private static let metrics = Schema.string().described("Metrics in the text format of Prometheus.")
        .example(
            "longhaul_queue_depth{queue=\"mail\"} 3\n")

    private static let page = Schema.string().described("A page for people.").example("<!doctype html>…")

    private static let events = Schema.any.described(
        "Server-sent events. The data of `state` and `progress` is a Change, of `line` a LogLine, and of `resync` an "
            + "object with a `reason`, each as JSON. Comments keep the connection open."
    ).example(
        "id: 1.7\nevent: state\ndata: {\"job_id\": \"01936f2a-7c3b-7e51-9d0f-3b6c1a2e4f58\", \"state\": \"completed\"}\n\n"
    )

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
