import Foundation
import LonghaulClient
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestSupport
import Synchronization
import Testing

/// Dead letters: one by one, in groups, and in bulk.
@Suite struct DeadLetterTests {
    /// Submits a job and makes it a dead letter.
    @discardableResult
    private func kill(
        _ server: TestServer, _ message: String, type: String = "io", kind: String = "a", actor: String = "u"
    ) async throws -> String {
        let id = try await server.submit(
            #"{"kind": "\#(kind)", "actor": "\#(actor)", "tags": {"type": "\#(type)"}, "payload": {"keep": 1}}"#
        )
        let lease = try #require(try await server.lease())
        let failed = try await server.call(
            "POST", "/v1/leases/\(lease.token)/fail",
            #"{"error": {"type": "\#(type)", "message": "\#(message)"}, "retryable": false}"#)
        #expect(try failed.string("state") == "failed", "\(failed)")
        return id
    }

    private func ids(_ server: TestServer, _ query: String = "") async throws -> [String] {
        let answer = try await server.call("GET", "/v1/dead-letters" + query)
        #expect(answer.status == 200, "\(answer)")
        return try answer.strings("items.*.id")
    }

    @Test func deadLettersAreListedWithPayloadErrorAndAttempts() async throws {
        let server = try await TestServer()
        let one = try await kill(server, "disk 1")
        let two = try await kill(server, "no route", type: "net", kind: "b", actor: "eve")
        _ = try await server.submit(#"{"kind": "a"}"#)
        #expect(try await ids(server) == [two, one])
        #expect(try await ids(server, "?kind=b") == [two])
        #expect(try await ids(server, "?actor=u") == [one])
        #expect(try await ids(server, "?tag=type:net") == [two])
        #expect(try await ids(server, "?error_type=io") == [one])
        #expect(try await ids(server, "?state=failed&limit=1") == [two])
        let dead = try await server.call("GET", "/v1/jobs/\(one)")
        let fingerprint = try dead.string("fingerprint")
        #expect(try dead.value("payload") == ["keep": 1])
        #expect(try dead.count("attempts") == 1)
        #expect(try await ids(server, "?fingerprint=\(fingerprint)") == [one])
        let invalid = try await server.call("GET", "/v1/dead-letters?state=pending")
        #expect(invalid.status == 400 && invalid.pointers == ["/state"])
        #expect(try await server.call("GET", "/v1/dead-letters?sate=failed").pointers == ["/sate"])
    }

    @Test func groupsByKindAndError() async throws {
        let server = try await TestServer()
        for number in 1...3 { try await kill(server, "cannot open /data/\(number).png after \(number) s") }
        let last = try await kill(server, "cannot open /data/x.png after 99 s")
        try await kill(server, "no route", type: "net", kind: "b")
        let answer = try await server.call("GET", "/v1/dead-letters/groups")
        #expect(try answer.ints("items.*.count") == [4, 1])
        #expect(try answer.string("items.0.kind") == "a")
        #expect(try answer.string("items.0.queue") == "default")
        #expect(try answer.string("items.0.error_type") == "io")
        #expect(try answer.string("items.0.first_seen_at") < answer.string("items.0.last_seen_at"))
        #expect(try answer.string("items.0.example.id") == last)
        let page = try await server.call("GET", "/v1/dead-letters/groups?limit=1")
        let cursor = try page.string("next_cursor")
        let rest = try await server.call("GET", "/v1/dead-letters/groups?limit=1&cursor=\(cursor)")
        #expect(try rest.string("items.0.kind") == "b")
        #expect(!rest.has("next_cursor"))
        let filtered = try await server.call("GET", "/v1/dead-letters/groups?kind=b&error_type=net")
        #expect(try filtered.count("items") == 1)
    }

    @Test func redrivesAndDiscardsByIDsAndByFilter() async throws {
        let server = try await TestServer()
        var dead: [String] = []
        for number in 0..<6 { dead.append(try await kill(server, "disk \(number)", type: "t\(number % 2)")) }
        func settle(_ action: String, _ body: String) async throws -> Int {
            let answer = try await server.call("POST", "/v1/dead-letters/\(action)", body)
            #expect(answer.status == 200, "\(answer)")
            return try answer.int("count")
        }
        #expect(try await settle("redrive", #"{"ids": ["\#(dead[0])", "\#(dead[0])"]}"#) == 1)
        let again = try await server.call("GET", "/v1/jobs/\(dead[0])")
        #expect(try again.string("state") == "pending" && again.int("attempt") == 0)
        #expect(!again.has("fingerprint"))
        #expect(try await settle("redrive", #"{"filter": {"error_type": "t1"}, "limit": 1}"#) == 1)
        #expect(try await server.call("GET", "/v1/jobs/\(dead[5])").string("state") == "pending")
        #expect(try await settle("discard", #"{"filter": {"tags": {"type": "t1"}, "kind": "a"}}"#) == 2)
        #expect(try await server.call("GET", "/v1/jobs/\(dead[1])").status == 404)
        #expect(try await settle("discard", #"{"filter": {}}"#) == 2)
        #expect(try await ids(server).isEmpty)
        #expect(try await server.call("GET", "/v1/dead-letters/groups").count("items") == 0)
    }

    private static let faultySelections: [(String, String)] = [
        ("{}", ""), (#"{"ids": []}"#, "/ids"), (#"{"ids": ["x"]}"#, "/ids/0"),
        (#"{"filter": {"kin": "a"}}"#, "/filter/kin"), (#"{"filter": {}, "limit": 0}"#, "/limit"),
        (#"{"filter": {"state": "pending"}}"#, "/filter/state"),
        (#"{"ids": ["019a1b2c-3d4e-7f50-8a61-b2c3d4e5f607"], "filter": {}}"#, "/filter"),
        (#"{"ids": ["019a1b2c-3d4e-7f50-8a61-b2c3d4e5f607"], "limit": 3}"#, "/limit"),
    ]

    @Test func rejectsInvalidSelections() async throws {
        let server = try await TestServer()
        for (body, pointer) in Self.faultySelections {
            for action in ["redrive", "discard"] {
                let answer = try await server.call("POST", "/v1/dead-letters/\(action)", body)
                #expect(answer.status == 400 && answer.pointers == [pointer], "\(body): \(answer)")
            }
        }
    }

    @Test func clientAndCommandManageDeadLetters() async throws {
        let server = try await TestServer()
        for number in 0..<3 { try await kill(server, "disk \(number)") }
        let client = try LonghaulClient(server: server.address)
        #expect(try await client.deadLetters().jobs.count == 3)
        let group = try #require(try await client.deadLetterGroups().groups.first)
        #expect(group.count == 3)
        var filter = JobFilter()
        filter.fingerprint = group.fingerprint
        #expect(try await client.deadLetters(filter, limit: 2).jobs.count == 2)
        #expect(try await client.resolveDeadLetters(.filter(filter, limit: 1), by: .redrive) == 1)
        await client.shutdown()
        func run(_ words: String...) async throws -> (Int32, String) {
            let ended = try await longhaul(["dead-letters"] + words + ["--server", server.address])
            return (ended.code, ended.output)
        }
        #expect(try await run("--json").1.contains(group.fingerprint))
        #expect(try await run("groups").1.contains(group.fingerprint))
        #expect(try await run("redrive").0 == 2)
        #expect(try await run("redrive", "--error-type", "io", "--limit", "1").1 == "1 redriven\n")
        #expect(try await run("discard", "--all", "--json").1 == "{\"count\":1}\n")
    }

    @Test func growingDeadLettersRaiseAnAlert() async throws {
        // The first attempt fails.
        let receiver = try WebhookReceiver { _, number in .text(number == 1 ? 500 : 204, "") }
        defer { receiver.close() }
        let key = [UInt8](repeating: 7, count: 32)
        let folder = try TemporaryFolder()
        let secret = try folder.write("webhook.secret", "whsec_" + Base64.encode(key))
        let options = [
            "--dead-letter-alert-rate", "2", "--dead-letter-alert-url", receiver.address + "/hook",
        ]
        let server = try await TestServer(in: folder, options + ["--webhook-secret-file", secret])
        for number in 0..<3 { try await kill(server, "disk \(number)") }
        let alerts = try await receiver.webhooks.wait(for: "two attempts") { $0.count == 2 }
        #expect(alerts[0].path == "/hook")
        #expect(alerts.allSatisfy { $0.isSigned(by: key) })
        #expect(alerts[0].id == alerts[1].id && alerts[0].body == alerts[1].body)
        let alert = alerts[1].content
        #expect(try alert.string("type") == "dead_letters_growing")
        #expect(try alert.string("queue") == "default")
        #expect(try alert.int("count") == 3)
        #expect(try alert.int("threshold_per_minute") == 2)
        // The log line may be written after the alert.
        try await eventually("the log has the alert") {
            server.process.errorText.contains("too many dead letters")
        }
        let metrics = try await server.call("GET", "/metrics").description
        #expect(metrics.contains(#"longhaul_dead_letter_alerts_total{queue="default"} 1"#))
        let alone = try await longhaul(["serve", "--dead-letter-alert-url", receiver.address])
        #expect(alone.code == 2 && alone.errors.contains("--dead-letter-alert-rate"))
    }
}
