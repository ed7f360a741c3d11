import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Two servers deliver webhooks from one store.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct WebhookSharingTests {
    @Test func eachWebhookIsSentByOneServer() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let one = try await WebhookTests.server()
        let other = try await WebhookTests.server(in: one.folder)
        var jobs: Set<String> = []
        for number in 0..<40 {
            let server = number % 2 == 0 ? one : other
            let body = #"{"kind": "a", "callback_url": "\#(receiver.address)"}"#
            let id = try await server.submit(body)
            jobs.insert(id)
            #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        }
        try await eventually("all deliveries are recorded") {
            try await one.call("GET", "/v1/deliveries?state=delivered&limit=100").count("items") == 40
        }
        let attempts = try await one.call("GET", "/v1/deliveries?state=delivered&limit=100")
            .ints("items.*.attempt_count")
        #expect(Set(receiver.webhooks.values.map(\.jobID)) == jobs)
        // A webhook arrives again only after an attempt that was recorded as failed: a busy machine may exceed its time. If both
        // servers sent it, only one of them could record its attempt.
        #expect(receiver.webhooks.values.count <= attempts.reduce(0, +))
    }

    @Test func webhooksOfAKilledServerAreSentByTheOther() async throws {
        let receiver = try WebhookReceiver { _, number in
            if number <= 3 { try? await Task.sleep(for: .milliseconds(500)) }
            return .text(200, "")
        }
        defer { receiver.close() }
        let one = try await WebhookTests.server()
        let other = try await WebhookTests.server(in: one.folder)
        var jobs: Set<String> = []
        for _ in 0..<10 {
            let id = try await one.submit(#"{"kind": "a", "callback_url": "\#(receiver.address)"}"#)
            jobs.insert(id)
            #expect(try await one.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
        }
        try await one.process.crash()
        try await eventually("the other server delivers all webhooks") {
            try await other.call("GET", "/v1/deliveries?state=delivered&limit=100").count("items") == 10
        }
        #expect(Set(receiver.webhooks.values.map(\.jobID)) == jobs)
    }
}
