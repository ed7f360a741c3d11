import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// The routes of API keys.
struct KeyRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/keys", operation: "listKeys", tag: .keys, access: .scope(.admin),
                summary: "The API keys, by name.",
                description: """
                    Keys that have ended are listed for at least 30 days. The keys themselves are never shown \
                    again.
                    """,
                query: QueryParameter.page(cursor: "^k1\\.[0-9a-f]{16}\\.[A-Za-z0-9._-]{1,100}$"),
                answers: [200: .named("APIKeyPage")], problems: [400], handler: list),
            Route(
                method: "POST", pattern: "/v1/keys", operation: "createKey", tag: .keys,
                access: .scope(.admin),
                summary: "Creates an API key.",
                description: """
                    The answer has the key, which is shown once. A name has one valid key, or two during a \
                    rotation. After the first key, every call needs a key.
                    """, body: .named("NewAPIKey"),
                example: #"""
                    {"name": "web", "scopes": ["jobs:submit", "jobs:read"], "queues": ["mail*"],
                    "expires_at": "2099-01-01T00:00:00Z"}
                    """#,
                answers: [201: .named("IssuedAPIKey")], problems: [400, 409, 413, 415], handler: create),
            Route(
                method: "DELETE", pattern: "/v1/keys/{id}", operation: "revokeKey", tag: .keys,
                access: .scope(.admin),
                summary: "Revokes an API key.",
                description: """
                    The key is refused at once on this server, and within seconds on others. Its event streams \
                    and waiting calls end. A key of the file of keys is a conflict.
                    """, answers: [204: .nothing], problems: [400, 404, 409],
                handler: revoke),
            Route(
                method: "POST", pattern: "/v1/keys/{id}/rotate", operation: "rotateKey", tag: .keys,
                access: .scope(.admin),
                summary: "Replaces an API key by a new one with the same name and rights.",
                description: "The old key remains valid for the overlap. 409 if it has ended.",
                body: .named("KeyRotation"), isBodyRequired: false,
                example: #"{"overlap_seconds": 3600}"#, answers: [201: .named("IssuedAPIKey")],
                problems: [400, 404, 409, 413, 415], handler: rotate),
        ]
    }

    private func issuer(for request: APIRequest) -> APIKeyIssuer {
        APIKeyIssuer(
            store: context.engine.keys, createdBy: request.caller.name, time: context.engine.time)
    }

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        try await context.keys.refresh()
        let after = try request.query("cursor", "the next_cursor of an earlier page") { KeyCursor($0) }
        let rest = context.keys.shown().drop { shown in after.map { KeyCursor(after: shown) <= $0 } ?? false }
        let page = rest.prefix(request.limit())
        let next = page.count < rest.count ? page.last.map { KeyCursor(after: $0).description } : nil
        return Answer.page(page, next: next) { KeyCursor(after: $0).description }
    }

    @Sendable
    private func create(_ request: APIRequest) async throws -> HTTPResponse {
        let new = try await request.decode(NewAPIKey.self)
        return try await answer(try await issuer(for: request).create(new))
    }

    @Sendable
    private func revoke(_ request: APIRequest) async throws -> HTTPResponse {
        let id = try identifier(in: request)
        _ = try await issuer(for: request).revoke(id)
        try await context.keys.refresh()
        return Answer.empty(204)
    }

    @Sendable
    private func rotate(_ request: APIRequest) async throws -> HTTPResponse {
        let bytes = try await request.json()
        let rotation = bytes.isEmpty ? KeyRotation() : try KeyRotation.decode(bytes)
        let id = try identifier(in: request)
        return try await answer(try await issuer(for: request).rotate(id, rotation))
    }

    /// The identifier that the path names.
    ///
    /// - Throws: ``LonghaulError``: `conflict` for a key of the file; `not_found`.
    private func identifier(in request: APIRequest) throws(LonghaulError) -> String {
        let id = request.parameter("id")
        guard !context.keys.isFiled(id) else {
            throw LonghaulError(
                .conflict, "the API key \(id) comes from the file of keys: change the file")
        }
        guard APIKeyText.isID(id) else { throw APIKeyIssuer.noKey(id) }
        return id
    }

    /// The answer with a new key. The key is valid on this server when the answer arrives.
    private func answer(_ issued: IssuedAPIKey) async throws -> HTTPResponse {
        try await context.keys.refresh()
        let shown = ShownAPIKey(issued.key, at: context.engine.time.now(), text: issued.text)
        return Answer.json(201, shown)
    }
}

/// A position in the list of API keys, which is sorted by name.
struct KeyCursor: Comparable {
    private let name: String
    private let id: String

    /// The position after this key.
    init(after shown: ShownAPIKey) {
        name = shown.key.name
        id = shown.key.id
    }

    /// Parses the opaque text of the API; nil if it is invalid.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "k1", APIKeyText.isID(String(parts[1])) else { return nil }
        id = String(parts[1])
        name = String(parts[2])
    }

    /// The opaque text of the API.
    var description: String { "k1.\(id).\(name)" }

    static func < (left: KeyCursor, right: KeyCursor) -> Bool {
        (left.name, left.id) < (right.name, right.id)
    }
}
