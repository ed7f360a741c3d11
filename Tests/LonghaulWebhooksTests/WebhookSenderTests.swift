import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@testable import LonghaulWebhooks

@Suite struct WebhookSenderTests {
    private static let secretText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func delivery(to url: String) -> WebhookDelivery {
        WebhookDelivery(
            id: JobID(high: 1, low: 2), jobID: JobID(high: 3, low: 4), event: .completed, url: url,
            createdAt: Timestamp(milliseconds: 0), retrySeconds: 100,
            body: Array(#"{"test": 2432232314}"#.utf8))
    }

    /// Runs a receiver and a sender that is allowed to call it.
    private func withReceiver(
        allowing receivers: [String] = ["http://127.0.0.0/8"], timeout: Duration = .seconds(30),
        _ answer: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
        body: (WebhookSender, HTTPAddress) async throws -> Void
    ) async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: answer)
        let address = try server.start()
        let sender = WebhookSender(
            secrets: [try WebhookSecret(Self.secretText), WebhookSecret()],
            destinations: try WebhookDestinations(allowing: receivers), timeout: timeout)
        try await withCleanup {
            await sender.close()
            await server.shutdown(grace: .zero)
        } _: {
            try await body(sender, address)
        }
    }

    /// The example of the Standard Webhooks specification.
    @Test func signatureIsThatOfTheSpecification() throws {
        let signature = try WebhookSecret(Self.secretText).signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(arguments: ["", "whsec_", "whsec_AAAA", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    func invalidSecretIsAnErrorThatDoesNotShowIt(_ text: String) {
        #expect { try WebhookSecret(text) } throws: { error in
            text.isEmpty || !"\(error)".contains(text) || text == "whsec_"
        }
    }

    @Test func newSecretsDifferAndCanBeParsed() throws {
        let secret = WebhookSecret()
        #expect(secret != WebhookSecret())
        #expect(try WebhookSecret(secret.text) == secret)
    }

    @Test func receiverGetsTheBodyAndOneSignaturePerSecret() async throws {
        let requests = Recorder<(HTTPHeaders, [UInt8])>()
        try await withReceiver { request in
            requests.add((request.headers, (try? await request.body.collect(upTo: 1 << 20)) ?? []))
            return HTTPResponse(status: 204, headers: [:], body: .none)
        } body: { sender, address in
            let sent = delivery(to: address.url + "/hook?x=1")
            let answer = try await sender.send(sent, at: Timestamp(milliseconds: 1_700_000_000_999))
            #expect(answer == WebhookAnswer(status: 204))
            let (headers, body) = try #require(requests.values.first)
            #expect(body == sent.body)
            #expect(headers["webhook-id"] == sent.id.description)
            #expect(headers["webhook-timestamp"] == "1700000000")
            #expect(headers["webhook-signature"]?.split(separator: " ").count == 2)
            #expect(headers["Content-Type"] == "application/json")
        }
    }

    @Test func replacedSecretsSignLaterAttempts() async throws {
        let signatures = Recorder<String?>()
        try await withReceiver { request in
            signatures.add(request.headers["webhook-signature"])
            return .text(200, "")
        } body: { sender, address in
            let secret = WebhookSecret()
            sender.replaceSecrets([secret])
            let sent = delivery(to: address.url)
            _ = try await sender.send(sent, at: Timestamp(milliseconds: 5000))
            let expected = secret.signature(id: sent.id.description, timestamp: 5, body: sent.body)
            #expect(signatures.values == [expected])
        }
    }

    @Test func messageOfAnOperatorGoesToAnyAddressAndNeedsNoSecret() async throws {
        let requests = Recorder<HTTPHeaders>()
        try await withReceiver(allowing: []) { request in
            requests.add(request.headers)
            return .text(requests.values.count == 1 ? 200 : 500, "")
        } body: { sender, address in
            let message = WebhookMessage(id: "alert-1", url: address.url, body: Array("{}".utf8))
            let now = Timestamp(milliseconds: 5000)
            let first = try await sender.send(trusted: message, at: now)
            sender.replaceSecrets([])
            let second = try await sender.send(trusted: message, at: now)
            #expect([first.status, second.status] == [200, 500])
            #expect(requests.values.map { $0["webhook-id"] } == ["alert-1", "alert-1"])
            #expect(requests.values.map { $0["webhook-signature"] == nil } == [false, true])
        }
    }

    @Test func addressThatIsNotAllowedIsNotConnectedTo() async throws {
        let count = Recorder<Int>()
        // A name, so that only the check of the address can refuse it.
        try await withReceiver(allowing: ["http://10.0.0.0/8"]) { _ in
            count.add(1)
            return .text(200, "")
        } body: { sender, address in
            let url = address.url.replacing("127.0.0.1", with: "localhost")
            let answer = try await sender.send(delivery(to: url), at: Timestamp(milliseconds: 0))
            #expect(answer.status == nil)
            #expect(answer.error?.contains("plain HTTP is not allowed") == true, "\(answer)")
            #expect(count.values == [])
        }
    }

    @Test func redirectIsNotFollowed() async throws {
        let paths = Recorder<String>()
        try await withReceiver { request in
            paths.add(request.path)
            return HTTPResponse(status: 307, headers: ["Location": "/other"], body: .none)
        } body: { sender, address in
            let answer = try await sender.send(delivery(to: address.url), at: Timestamp(milliseconds: 0))
            #expect(answer.status == 307)
            #expect(answer.outcome == .failed(retryAfterSeconds: nil))
            #expect(paths.values == ["/"])
        }
    }

    @Test func pauseOfTheReceiverIsReported() async throws {
        try await withReceiver { _ in
            HTTPResponse(status: 429, headers: ["Retry-After": "120"], body: .none)
        } body: { sender, address in
            let answer = try await sender.send(delivery(to: address.url), at: Timestamp(milliseconds: 0))
            #expect(answer.outcome == .failed(retryAfterSeconds: 120))
        }
    }

    @Test func hugeAnswerIsNotRead() async throws {
        try await withReceiver { _ in
            .text(200, String(repeating: "x", count: 50 << 20))
        } body: { sender, address in
            let answer = try await sender.send(delivery(to: address.url), at: Timestamp(milliseconds: 0))
            #expect(answer == WebhookAnswer(status: 200))
        }
    }

    @Test func receiverThatDoesNotAnswerIsTimedOut() async throws {
        try await withReceiver(timeout: .milliseconds(300)) { _ in
            try? await Task.sleep(for: .seconds(60))
            return .text(200, "")
        } body: { sender, address in
            let answer = try await sender.send(delivery(to: address.url), at: Timestamp(milliseconds: 0))
            #expect(answer.status == nil)
            #expect(answer.error?.contains("timeout") == true, "\(answer)")
        }
    }

    @Test func retryAfterIsSecondsOrADate() {
        let now = Timestamp(milliseconds: 784_111_777_000)
        #expect(WebhookSender.seconds("30", after: now) == 30)
        #expect(WebhookSender.seconds("Sun, 06 Nov 1994 08:50:37 GMT", after: now) == 60)
        #expect(WebhookSender.seconds("Sun, 06 Nov 1994 08:49:00 GMT", after: now) == 0)
        for bad in ["", "-1", "1.5", "soon", "Soon", "06 Nov 1994"] {
            #expect(WebhookSender.seconds(bad, after: now) == nil, "\(bad)")
        }
    }
}
