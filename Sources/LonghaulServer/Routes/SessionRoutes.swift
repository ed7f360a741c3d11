import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of sessions, with which the dashboard signs in.
struct SessionRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/session", operation: "getSession", tag: .keys, access: .anyKey,
                summary: "The name and the rights of the caller.",
                description: """
                    With a session of the dashboard or with a key. The caller of a server without keys is \
                    `anonymous`. `aws_access_key_id` differs in each answer; all of them are valid as long as \
                    the key.
                    """, answers: [200: .named("Session")],
                handler: { request in Answer.json(200) { write(request, to: &$0) } }),
            Route(
                method: "POST", pattern: "/v1/session", operation: "createSession", tag: .keys,
                access: .anyKey,
                summary: "Starts a session with the API key of the request.",
                description: """
                    The answer sets the cookie `longhaul_session` (`HttpOnly`, `SameSite=Strict`, and `Secure` \
                    over TLS). The session lasts 12 hours, and not longer than its key.
                    """,
                answers: [200: .named("Session")], problems: [400, 409], handler: create),
            Route(
                method: "DELETE", pattern: "/v1/session", operation: "endSession", tag: .keys,
                access: .anyKey,
                summary: "Ends the session of the browser.",
                description: """
                    The answer removes the cookie. A copy of it stays valid until its end, or until the key is \
                    revoked.
                    """, answers: [204: .nothing],
                handler: { request in
                    Answer.empty(
                        204, headers: ["Set-Cookie": SessionCookie.removal(isSecure: request.http.isSecure)])
                }),
        ]
    }

    @Sendable
    private func create(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        guard request.caller.keyID != nil else {
            throw LonghaulError(.conflict, "the server has no API keys, so no caller needs to sign in")
        }
        guard case .key(let text) = Credentials(request.http) else {
            throw LonghaulError(
                .invalidRequest, "a session begins with an API key: send it as \"Authorization: Bearer lh_…\""
            )
        }
        let now = context.engine.time.now()
        let limit = now.adding(seconds: SessionCookie.maxSeconds)
        let end = min(request.caller.expiresAt ?? limit, limit)
        let value = SessionCookie.seal(text, until: end, secret: context.keys.sessionSecret)
        let field = SessionCookie.field(
            value, seconds: end.seconds(since: now), isSecure: request.http.isSecure)
        return Answer.json(200, headers: ["Set-Cookie": field]) { write(request, to: &$0) }
    }

    /// The AWS access key ID of the API key in a request; nil for a session, which must not lead to a lasting secret.
    private func awsAccessKeyID(of request: APIRequest) -> String? {
        guard request.caller.keyID != nil, case .key(let text) = Credentials(request.http),
            let key = APIKeyText(text)
        else { return nil }
        return AWSAccessKey.id(of: key, secret: context.keys.sessionSecret)
    }

    private func write(_ request: APIRequest, to writer: inout JSONWriter) {
        let caller = request.caller
        let scopes = KeyScope.allCases.filter(caller.grant.includes)
        writer.object { writer in
            writer.field("name", caller.name)
            writer.field("key_id", caller.keyID)
            writer.field("scopes", scopes.map(\.rawValue))
            writer.field("queues", caller.grant.queues)
            writer.field("kinds", caller.grant.kinds)
            writer.field("expires_at", caller.expiresAt?.description)
            writer.field("aws_access_key_id", awsAccessKeyID(of: request))
            writer.field("trace_link", context.configuration.traceLink?.template)
        }
    }
}
