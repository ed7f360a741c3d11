import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// `kill -9` of the server while it delivers webhooks.
@Suite struct WebhookCrashTests {
    /// Kills the server when some webhooks have arrived: before the answer, directly after it, and a moment later. Each ended
    /// job must be reported, always with the same ID.
    @Test func losesNoWebhook() async throws {
        let folder = try TemporaryFolder()
        let receiver = try WebhookReceiver { _, number in
            // Some attempts are under way when the server is killed.
            if number % 3 == 0 { try? await Task.sleep(for: .milliseconds(100)) }
            return .text(200, "")
        }
        defer { receiver.close() }
        var jobs: Set<String> = []
        for round in 0..<3 {
            let server = try await WebhookTests.server(in: folder)
            let before = receiver.webhooks.values.count
            for _ in 0..<20 {
                let id = try await server.submit(
                    #"{"kind": "a", "callback_url": "\#(receiver.address)/\#(round)"}"#)
                jobs.insert(id)
                #expect(try await server.call("POST", "/v1/jobs/\(id)/cancel").status == 200)
                if round == 1, receiver.webhooks.values.count > before { break }
            }
            if round != 1 {
                try await receiver.webhooks.wait(for: "a webhook") { $0.count > before + round * 5 }
            }
            try await server.process.crash()
        }
        let server = try await WebhookTests.server(in: folder)
        let webhooks = try await receiver.webhooks.wait(for: "a webhook of each job") { webhooks in
            jobs.isSubset(of: webhooks.map(\.jobID))
        }
        let ids = Dictionary(grouping: webhooks, by: \.jobID).mapValues { Set($0.map(\.id)) }
        #expect(ids.values.allSatisfy { $0.count == 1 })
        try await eventually("all deliveries are recorded") {
            try await server.call("GET", "/v1/deliveries?state=pending").count("items") == 0
        }
    }
}
