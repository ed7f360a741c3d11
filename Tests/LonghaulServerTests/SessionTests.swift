import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// Sessions of the dashboard, and requests of pages of other origins.
@Suite struct SessionTests {
    private func cookie(_ answer: HTTPResponse) throws -> String {
        let field = try #require(answer.headers["Set-Cookie"])
        return String(field.prefix { $0 != ";" })
    }

    @Test func aSessionCarriesItsKey() async throws {
        let server = ServerFixture()
        #expect(await server.answer("POST", "/v1/session").status == 409)
        let key = try await server.key("reader", [.jobsRead])
        #expect(await server.answer("POST", "/v1/session").status == 401)
        let answer = await server.answer("POST", "/v1/session", key: key.text)
        #expect(answer.status == 200)
        let field = try #require(answer.headers["Set-Cookie"])
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
            #expect(field.contains(part))
        }
        #expect(!field.contains("Secure") && !field.contains(key.text))
        let session: HTTPHeaders = ["Cookie": "theme=dark; \(try cookie(answer))"]
        #expect(await server.answer("GET", "/v1/jobs", headers: session).status == 200)
        #expect(await server.answer("GET", "/v1/keys", headers: session).status == 403)
        let ended = await server.answer("DELETE", "/v1/session", headers: session)
        #expect(ended.status == 204 && ended.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
        _ = try await server.engine.keys.revokeKey(key.key.id)
        try await server.context.keys.refresh()
        #expect(await server.answer("GET", "/v1/jobs", headers: session).status == 401)
    }

    @Test func aSessionEndsWithItsKey() async throws {
        let server = ServerFixture()
        let end = server.engine.time.now().adding(seconds: 600)
        let key = try await server.key("short", [.jobsRead]) { $0.expiresAt = end }
        let answer = await server.answer("POST", "/v1/session", key: key.text)
        let field = try #require(answer.headers["Set-Cookie"])
        let seconds = field.split(separator: "Max-Age=").last?.prefix { $0 != ";" }
        #expect(seconds.flatMap { Int($0) }.map { (1...600).contains($0) } == true, "\(field)")
    }

    @Test func aSessionHasTheLinkOfTraces() async throws {
        let template = "https://jaeger.example/trace/{trace_id}"
        let server = ServerFixture { $0.traceLink = TraceLink(template) }
        let body = await server.answer("GET", "/v1/session").body
        guard case .bytes(let bytes) = body else { throw LonghaulError(.internal, "\(body)") }
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"trace_link\":\"\(template)\""))
    }

    @Test func theCookieOfASecureServerIsSecure() {
        #expect(SessionCookie.field("a", seconds: 5, isSecure: true).contains("; Secure"))
        #expect(SessionCookie.removal(isSecure: true).contains("; Secure"))
    }

    @Test func aForgedOrEndedSessionIsRefused() async throws {
        let server = ServerFixture()
        let key = try await server.key("reader", [.jobsRead])
        let now = server.engine.time.now()
        let secret = server.context.keys.sessionSecret
        func status(_ value: String) async -> Int {
            await server.answer("GET", "/v1/jobs", headers: ["Cookie": "longhaul_session=\(value)"]).status
        }
        let valid = SessionCookie.seal(key.text, until: now.adding(seconds: 60), secret: secret)
        #expect(await status(valid) == 200)
        #expect(await status(SessionCookie.seal(key.text, until: now, secret: secret)) == 401)
        let other = SealedBox.newKey()
        #expect(
            await status(SessionCookie.seal(key.text, until: now.adding(seconds: 60), secret: other)) == 401)
        for value in [
            "", "0", "zz", String(valid.dropLast(2)), key.text, String(repeating: "a", count: 5000),
        ] {
            #expect(await status(value) == 401, "\(value.prefix(20))")
        }
        // The box of another key of the store is refused as any unknown key.
        let unknown = SessionCookie.seal(APIKeyText().text, until: now.adding(seconds: 60), secret: secret)
        #expect(await status(unknown) == 401)
    }

    @Test func aSessionDoesNotActForPagesOfOtherSites() async throws {
        let server = ServerFixture {
            $0.corsOrigins = [WebOrigin("https://app.example.com")].compactMap { $0 }
        }
        let key = try await server.key("boss", [.admin])
        let session = try cookie(await server.answer("POST", "/v1/session", key: key.text))
        func status(_ headers: HTTPHeaders) async -> Int {
            await server.answer("DELETE", "/v1/workers/w1", headers: headers).status
        }
        #expect(await status(["Cookie": session, "Sec-Fetch-Site": "same-origin"]) == 404)
        #expect(await status(["Cookie": session, "Sec-Fetch-Site": "same-site"]) == 403)
        #expect(await status(["Cookie": session, "Origin": "https://app.example.com"]) == 401)
        let listed: HTTPHeaders = [
            "Authorization": "Bearer \(key.text)", "Origin": "https://app.example.com",
        ]
        #expect(await status(listed) == 404)
        let foreign: HTTPHeaders = ["Authorization": "Bearer \(key.text)", "Origin": "https://evil.example"]
        #expect(await status(foreign) == 403)
    }

    @Test func listedOriginsReadAnswers() async throws {
        let server = ServerFixture {
            $0.corsOrigins = [WebOrigin("https://app.example.com")].compactMap { $0 }
        }
        let key = try await server.key("reader", [.jobsRead])
        let origin: HTTPHeaders = ["Origin": "https://app.example.com"]
        let answer = await server.answer("GET", "/v1/jobs", key: key.text, headers: origin)
        #expect(answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com")
        #expect(answer.headers["Vary"] == "Origin")
        #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
        let refused = await server.answer("GET", "/v1/jobs", headers: origin)
        #expect(refused.status == 401 && refused.headers["Access-Control-Allow-Origin"] != nil)
        var preflight = origin
        preflight.add("Access-Control-Request-Method", "POST")
        let permitted = await server.answer("OPTIONS", "/v1/jobs", headers: preflight)
        #expect(permitted.status == 204)
        #expect(permitted.headers["Access-Control-Allow-Headers"]?.contains("Authorization") == true)
        preflight["Origin"] = "https://evil.example"
        let foreign = await server.answer("OPTIONS", "/v1/jobs", headers: preflight)
        #expect(foreign.headers["Access-Control-Allow-Origin"] == nil)
    }
}
