import Glibc
import LonghaulHTTP
import LonghaulTestSupport
import Synchronization
import Testing

/// Webhooks to a real receiver.
@Suite struct WebhookTests {
    private static let key = [UInt8](repeating: 7, count: 32)

    /// A server that sends webhooks, by default to this machine.
    static func server(
        in folder: TemporaryFolder? = nil, allowing receivers: [String] = ["http://127.0.0.0/8"]
    ) async throws -> TestServer {
        let folder = try folder ?? TemporaryFolder()
        let secret = try folder.write("webhook.secret", "whsec_" + Base64.encode(key) + "\n")
        return try await TestServer(
            in: folder,
            ["--webhook-secret-file", secret]
                + receivers.flatMap { ["--webhook-allow", $0] })
    }

    /// Submits a job with a callback URL and cancels it.
    private func cancelledJob(_ server: TestServer, _ url: String) async throws -> String {
        let id = try await server.submit(#"{"kind": "a", "callback_url": "\#(url)"}"#)
        #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        return id
    }

    private func delivery(_ server: TestServer, _ job: String) async throws -> JSONValue {
        let answer = try await server.call("GET", "/v1/jobs/\(job)/deliveries")
        guard answer.status == 200 else { throw TestFailure("\(answer)") }
        return try #require(try answer.array("items").first)
    }

    /// The number of attempts with this outcome, in the metrics of the server.
    private func attempts(_ server: TestServer, _ outcome: String) async throws -> Int {
        let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        let name = "longhaul_webhook_attempts_total{outcome=\"\(outcome)\"} "
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
        return try #require(Int(line.dropFirst(name.count)))
    }

    @Test func endsAreReportedWithASignature() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let server = try await Self.server()
        let submission =
            #"{"kind": "a", "payload": "secret", "max_attempts": 1, "callback_url": "\#(receiver.address)/hook?a=b"}"#
        let completed = try await server.submit(submission)
        let first = try #require(try await server.lease(wait: 10))
        _ = try await server.call("POST", "/v1/leases/\(first.token)/complete", #"{"result": {"n": 1}}"#)
        let failed = try await server.submit(submission)
        let second = try #require(try await server.lease(wait: 10))
        let error = #"{"error": {"type": "t", "message": "m"}}"#
        _ = try await server.call("POST", "/v1/leases/\(second.token)/fail", error)
        let cancelled = try await cancelledJob(server, receiver.address)
        let webhooks = try await receiver.webhooks.wait(for: "three webhooks") { $0.count >= 3 }
        #expect(webhooks.count == 3)
        let types = [completed: "job.completed", failed: "job.failed", cancelled: "job.cancelled"]
        for webhook in webhooks {
            #expect(webhook.isSigned(by: Self.key))
            #expect(try webhook.content.string("type") == types[webhook.jobID])
            #expect(!webhook.content.has("data.payload"))
            #expect(webhook.headers["User-Agent"]?.hasPrefix("longhaul/") == true)
            let delivery = try await delivery(server, webhook.jobID)
            #expect(try delivery.string("id") == webhook.id)
        }
        let report = try #require(webhooks.first { $0.jobID == completed })
        #expect(try report.content.int("data.result.n") == 1)
        #expect(report.path == "/hook")
        try await eventually("the delivery is recorded") {
            try await delivery(server, completed).string("state") == "delivered"
        }
    }

    @Test func failedAttemptIsRepeatedWithTheSameIDAndBody() async throws {
        let receiver = try WebhookReceiver { _, number in .text(number < 3 ? 500 : 200, "") }
        defer { receiver.close() }
        let server = try await Self.server()
        let job = try await cancelledJob(server, receiver.address)
        // The second attempt comes after a second, the third one on request.
        try await eventually("two attempts have failed") {
            try await attempts(server, "failed") >= 2
        }
        let id = try await delivery(server, job).string("id")
        _ = try await server.call("POST", "/v1/jobs/\(job)/deliveries/\(id)/redeliver")
        // An attempt without an answer in time is repeated too, so there can be more than three.
        try await eventually("the webhook is delivered") { try await attempts(server, "delivered") >= 1 }
        try await eventually("each attempt is counted once") {
            let counted = try await (attempts(server, "failed"), attempts(server, "delivered"))
            return counted.0 + counted.1 == receiver.webhooks.values.count
        }
        let webhooks = receiver.webhooks.values
        #expect(webhooks.count >= 3)
        #expect(Set(webhooks.map(\.id)) == [id])
        #expect(Set(webhooks.map(\.body)).count == 1)
    }

    @Test func receiverThatIsGoneGetsNoMoreAttempts() async throws {
        let receiver = try WebhookReceiver { _, _ in .text(410, "") }
        defer { receiver.close() }
        let server = try await Self.server()
        let job = try await cancelledJob(server, receiver.address)
        try await eventually("the delivery has failed") {
            try await delivery(server, job).string("state") == "failed"
        }
        let failed = try await server.call("GET", "/v1/deliveries")
        #expect(try failed.array("items").map { try $0.string("job_id") } == [job])
        let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
        #expect(text.contains("longhaul_webhook_deliveries{state=\"failed\"} 1\n"))
        #expect(text.contains("longhaul_webhooks_failed_total 1\n"))
        let list = try await longhaul(["webhooks", "--server", server.address])
        #expect(list.code == 0 && list.output.contains(job), "\(list)")
        let id = try await delivery(server, job).string("id")
        let again = try await longhaul(["webhooks", "redeliver", job, id, "--server", server.address])
        #expect(again.code == 0, "\(again)")
        try await receiver.webhooks.wait(for: "another attempt") { $0.count == 2 }
    }

    @Test func pauseOfTheReceiverIsHonoured() async throws {
        let receiver = try WebhookReceiver { _, _ in
            HTTPResponse(status: 429, headers: ["Retry-After": "600"], body: .none)
        }
        defer { receiver.close() }
        let server = try await Self.server()
        let job = try await cancelledJob(server, receiver.address)
        try await eventually("an attempt is recorded") {
            try await delivery(server, job).int("attempt_count") == 1
        }
        let now = try await delivery(server, job)
        let attempt = try #require(try now.array("attempts").first)
        #expect(try now.string("next_attempt_at") > attempt.string("at"))
        #expect(try attempt.int("status") == 429)
        #expect(try now.string("state") == "pending")
    }

    /// One receiver hangs, one redirects, one sends without end. None of them delays the webhooks of another one, and the
    /// redirect is not followed.
    @Test func badReceiversHarmNoOthers() async throws {
        /// The number of open requests, and the largest one so far.
        let open = Mutex((now: 0, most: 0))
        let hanging = try WebhookReceiver { _, _ in
            open.withLock { open in
                open.now += 1
                open.most = max(open.most, open.now)
            }
            try? await Task.sleep(for: .seconds(60))
            open.withLock { $0.now -= 1 }
            return .text(200, "")
        }
        defer { hanging.close() }
        let target = try WebhookReceiver()
        defer { target.close() }
        let redirecting = try WebhookReceiver { [address = target.address] _, _ in
            HTTPResponse(status: 308, headers: ["Location": address], body: .none)
        }
        defer { redirecting.close() }
        let endless = try WebhookReceiver { _, _ in
            HTTPResponse(
                status: 200, headers: [:],
                body: .stream { writer in
                    while true { try await writer.write([UInt8](repeating: 120, count: 65_536)) }
                })
        }
        defer { endless.close() }
        let good = try WebhookReceiver()
        defer { good.close() }
        let server = try await Self.server()
        for _ in 0..<20 { _ = try await cancelledJob(server, hanging.address) }
        let redirected = try await cancelledJob(server, redirecting.address)
        let endlessJob = try await cancelledJob(server, endless.address)
        for _ in 0..<5 { _ = try await cancelledJob(server, good.address) }
        try await good.webhooks.wait(for: "the webhooks of the good receiver") { $0.count == 5 }
        try await eventually("the redirect is recorded") {
            let attempts = try await delivery(server, redirected).array("attempts")
            return try attempts.first?.int("status") == 308
        }
        try await eventually("the endless answer counts as delivered") {
            try await delivery(server, endlessJob).string("state") == "delivered"
        }
        #expect(target.webhooks.values.isEmpty)
        // Four at once. The receiver notices the end of a request later than the sender.
        #expect(open.withLock(\.most) <= 8)
    }

    @Test func receiverThatMayNotBeCalledIsRefusedAtSubmission() async throws {
        let server = try await Self.server(allowing: [])
        for url in [
            "http://example.com/", "https://10.0.0.1/", "https://[::1]/", "https://localhost/",
            "https://2130706433/", "https://example.com:22/", "https://169.254.169.254/latest",
        ] {
            let answer = try await server.call(
                "POST", "/v1/jobs", #"{"kind": "a", "callback_url": "\#(url)"}"#)
            #expect(answer.status == 400, "\(url): \(answer)")
            #expect(answer.pointers == ["/callback_url"], "\(url)")
        }
    }

    @Test func hangupReadsTheSecretFileAgain() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let server = try await Self.server()
        let other = [UInt8](repeating: 8, count: 32)
        let text = [Self.key, other].map { "whsec_" + Base64.encode($0) + "\n" }.joined()
        try server.folder.write("webhook.secret", text)
        server.process.signal(SIGHUP)
        try await eventually("the file is read: \(server.process.errorText)") {
            server.process.errorText.contains("webhook secret reloaded: 2 secrets sign each webhook")
        }
        _ = try await cancelledJob(server, receiver.address)
        let first = try await receiver.webhooks.wait(for: "a webhook") { $0.count == 1 }[0]
        #expect(first.isSigned(by: Self.key) && first.isSigned(by: other))
        // A file that cannot be used changes nothing.
        try server.folder.write("webhook.secret", "whsec_short\n")
        server.process.signal(SIGHUP)
        try await eventually("the file is refused: \(server.process.errorText)") {
            server.process.errorText.contains(
                "the changed webhook secret is not used, the server keeps the one that it has")
        }
        #expect(!server.process.errorText.contains("whsec_short"))
        _ = try await cancelledJob(server, receiver.address)
        let second = try await receiver.webhooks.wait(for: "another webhook") { $0.count == 2 }[1]
        #expect(second.isSigned(by: Self.key) && second.isSigned(by: other))
    }

    @Test func limitedKeyListsOnlyWebhooksOfItsJobs() async throws {
        let receiver = try WebhookReceiver { _, _ in .text(410, "") }
        defer { receiver.close() }
        let server = try await Self.server()
        let admin = try await server.key("boss", "admin")
        let limited = try await server.key("mailer", "jobs:read", queues: ["mail*"], by: admin)
        for queue in ["mail-1", "video"] {
            let body = #"{"kind": "a", "queue": "\#(queue)", "callback_url": "\#(receiver.address)"}"#
            let id = try await server.call("POST", "/v1/jobs", body, key: admin).string("id")
            #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel", key: admin).status == 200)
        }
        try await eventually("both deliveries have failed") {
            try await server.call("GET", "/v1/deliveries", key: admin).count("items") == 2
        }
        let seen = try await server.call("GET", "/v1/deliveries", key: limited).strings("items.*.job_id")
        let own = try await server.call("GET", "/v1/jobs", key: limited).strings("items.*.id")
        #expect(seen == own && own.count == 1)
    }

    @Test func invalidSettingsAreRefused() async throws {
        let folder = try TemporaryFolder()
        let bad = try folder.write("bad", "whsec_short")
        for (options, name) in [
            (["--webhook-secret-file", bad], "--webhook-secret-file"),
            (["--webhook-secret-file", folder.file("none")], "--webhook-secret-file"),
            (["--webhook-allow", "10.0.0.0/40"], "--webhook-allow"),
        ] {
            let ended = try await longhaul(
                ["serve", "--listen", "127.0.0.1:0"] + Pair.current.options(folder) + options)
            #expect(ended.code == 2)
            #expect(ended.errors.contains(name), "\(ended.errors)")
            #expect(!ended.errors.contains("whsec_short"))
        }
        let new = try await longhaul(["webhooks", "new-secret"])
        #expect(new.code == 0 && new.output.hasPrefix("whsec_"))
    }
}
