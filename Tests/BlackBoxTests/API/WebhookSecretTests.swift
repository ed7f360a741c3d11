import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// The secret that signs webhooks if none is configured.
@Suite struct WebhookSecretTests {
    private func receiverKey(_ server: TestServer) async throws -> [UInt8] {
        let printed = try await longhaul(["webhooks", "secret", "--server", server.address])
        #expect(printed.code == 0, "\(printed.errors)")
        let text = printed.output.trimmingCharacters(in: .newlines)
        #expect(text.hasPrefix("whsec_"))
        return Array(try #require(Data(base64Encoded: String(text.dropFirst(6)))))
    }

    @Test func serverWithoutASecretSignsWithTheSecretOfItsStore() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let allowed = ["--webhook-allow", "http://127.0.0.0/8"]
        let server = try await TestServer("serve", allowed)
        let key = try await receiverKey(server)
        #expect(key.count == 32)
        let id = try await server.submit(#"{"kind": "a", "callback_url": "\#(receiver.address)"}"#)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        let webhook = try await receiver.webhooks.wait(for: "a webhook") { $0.count == 1 }[0]
        #expect(webhook.jobID == id && webhook.isSigned(by: key))

        // A later server of the store has the same secret, and another store has another one.
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
        let later = try await TestServer(in: server.folder, allowed)
        #expect(try await receiverKey(later) == key)
        let other = try await TestServer()
        #expect(try await receiverKey(other) != key)
    }

    @Test func onlyAnAdministratorGetsTheSecret() async throws {
        let server = try await TestServer()
        let admin = try await server.key("boss", "admin")
        let other = try await server.key(
            "other", "jobs:submit,jobs:read,jobs:write,queues:write,work", by: admin)
        let path = "/v1/webhooks/secret"
        let shown = try await server.call("GET", path, key: admin)
        #expect(shown.status == 200)
        #expect(shown.headers["Cache-Control"] == "no-store")
        let secret = try shown.string("secret")
        for key in [other, nil] {
            let refused = try await server.call("GET", path, key: key)
            #expect(refused.status == (key == nil ? 401 : 403), "\(refused)")
            #expect(!refused.description.contains(secret))
        }
    }

    @Test func configuredSecretIsNotShown() async throws {
        let server = try await WebhookTests.server()
        let answer = try await server.call("GET", "/v1/webhooks/secret")
        #expect(answer.status == 409 && answer.code == "conflict")
        #expect(!answer.description.contains("whsec_"))
        let printed = try await longhaul(["webhooks", "secret", "--server", server.address])
        #expect(printed.code == 4 && printed.output.isEmpty, "\(printed.code)")
        #expect(printed.errors.contains("configured"))
    }
}
