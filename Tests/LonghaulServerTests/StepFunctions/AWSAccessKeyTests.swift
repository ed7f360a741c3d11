import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import Testing

@testable import LonghaulServer

/// The AWS access key IDs of API keys.
@Suite struct AWSAccessKeyTests {
    private let secret = SealedBox.newKey()

    @Test func anAccessKeyIDHoldsItsKey() throws {
        for environment in ["live", "a", "abcdefghijklmnop"] {
            let key = APIKeyText(environment: environment)
            #expect(APIKeyText(withoutChecksum: key.withoutChecksum) == key)
            let id = AWSAccessKey.id(of: key, secret: secret)
            #expect(AWSAccessKey.key(of: id, secret: secret) == key)
            #expect(!id.contains(key.id) && id.wholeMatch(of: /LH[A-Za-z0-9_-]+/) != nil)
        }
        // AWS's limit for access key IDs.
        #expect(AWSAccessKey.id(of: APIKeyText(), secret: secret).utf8.count <= 128)
    }

    @Test func otherIDsAreRefused() {
        let key = APIKeyText()
        let id = AWSAccessKey.id(of: key, secret: secret)
        let session = SessionCookie.seal(key.text, until: .distantFuture, secret: secret)
        for text in [
            "", "LH", "test", key.text, key.id, session, id + "A", String(id.dropLast()),
            String(id.dropFirst(2)),
            "LH" + String(repeating: "A", count: 126), "LH" + String(repeating: "A", count: 10_000),
            id.replacing("LH", with: "Lh"), "LH====", "LHü",
        ] where text != id {
            #expect(AWSAccessKey.key(of: text, secret: secret) == nil, "\(text.prefix(200))")
        }
        #expect(AWSAccessKey.key(of: id, secret: SealedBox.newKey()) == nil)
        #expect(SessionCookie.open(id, at: .distantPast, secret: secret) == nil)
    }

    @Test func aCallerGetsTheIDOfItsKey() async throws {
        let server = ServerFixture()
        func id(_ answer: HTTPResponse) throws -> String? {
            guard case .bytes(let bytes) = answer.body else { return nil }
            let session = try JSONDocument(parsing: bytes).root
            return session["aws_access_key_id"]?.string
        }
        #expect(try id(await server.answer("GET", "/v1/session")) == nil)
        let key = try await server.key("reader", [.jobsRead])
        let answer = await server.answer("GET", "/v1/session", key: key.text)
        let own = try #require(try id(answer))
        #expect(AWSAccessKey.key(of: own, secret: server.context.keys.sessionSecret)?.text == key.text)
        let signedIn = await server.answer("POST", "/v1/session", key: key.text)
        let cookie = try #require(signedIn.headers["Set-Cookie"]).prefix { $0 != ";" }
        #expect(try id(await server.answer("GET", "/v1/session", headers: ["Cookie": String(cookie)])) == nil)
    }
}
