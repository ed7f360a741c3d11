import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// The audit log: each change has one record, and no other call has one.
@Suite struct AuditTests {
    private func records(_ server: TestServer, _ query: String = "", key: String? = nil) async throws
        -> [JSONValue]
    {
        let answer = try await server.call("GET", "/v1/audit?limit=500" + query, key: key)
        guard answer.status == 200 else { throw TestFailure("\(answer)") }
        return try answer.array("items").reversed()
    }

    /// Makes a call, and checks that it has added this one record, or none.
    private func expect(
        _ action: String?, _ method: String, _ path: String, _ body: String? = nil, of subject: String? = nil,
        at server: TestServer
    ) async throws {
        let before = try await records(server).count
        let answer = try await server.call(method, path, body, headers: ["X-Request-Id": "request-\(before)"])
        let added = try await records(server).dropFirst(before)
        #expect(try added.map { try $0.string("action") } == (action.map { [$0] } ?? []), "\(answer)")
        guard let record = added.first else { return }
        #expect(try record.string("caller") == "anonymous" && record.string("client") == "127.0.0.1")
        #expect(try record.string("request_id") == "request-\(before)")
        if let subject { #expect(try record.strings("subjects.*").contains(subject), "\(record)") }
    }

    @Test func eachActionOnAJobWritesOneRecord() async throws {
        let server = try await TestServer()
        let job = try await server.submit(#"{"kind": "a", "payload": "secret-payload", "max_attempts": 1}"#)
        #expect(try await records(server).isEmpty)
        try await expect("job.cancel", "POST", "/v1/jobs/\(job)/cancel", of: job, at: server)
        try await expect(nil, "POST", "/v1/jobs/\(job)/cancel", at: server)
        try await expect("job.retry", "POST", "/v1/jobs/\(job)/retry", of: job, at: server)
        let lease = try #require(try await server.lease(wait: 10))
        try await expect(
            nil, "POST", "/v1/leases/\(lease.token)/fail", #"{"error": {"type": "t", "message": "m"}}"#,
            at: server)
        let ids = #"{"ids": ["\#(job)"]}"#
        try await expect(
            "dead_letter.redrive", "POST", "/v1/dead-letters/redrive", ids, of: job, at: server)
        try await expect(nil, "POST", "/v1/dead-letters/redrive", ids, at: server)
        try await expect("job.cancel", "POST", "/v1/jobs/\(job)/cancel", of: job, at: server)
        try await expect("job.delete", "DELETE", "/v1/jobs/\(job)", of: job, at: server)
        try await expect(nil, "DELETE", "/v1/jobs/\(job)", at: server)
        try await expect(nil, "DELETE", "/v1/workers/w1", at: server)
        let text = String(decoding: try await server.call("GET", "/v1/audit").body, as: UTF8.self)
        #expect(!text.contains("secret-payload"))
    }

    @Test func eachActionOnASettingWritesOneRecord() async throws {
        let server = try await TestServer()
        try await expect("queue.set", "PUT", "/v1/queues/mail", #"{"max_depth": 5}"#, of: "mail", at: server)
        try await expect(nil, "PUT", "/v1/queues/mail", #"{"max_depth": 5}"#, at: server)
        try await expect(nil, "PUT", "/v1/queues/mail", #"{"max_depth": -5}"#, at: server)
        try await expect("queue.pause", "POST", "/v1/queues/mail/pause", of: "mail", at: server)
        try await expect("queue.resume", "POST", "/v1/queues/mail/resume", of: "mail", at: server)
        let job = try await server.submit(#"{"kind": "a", "queue": "mail"}"#)
        try await expect(nil, "DELETE", "/v1/queues/mail", at: server)
        #expect(try await server.call("DELETE", "/v1/queues/mail?purge=true").status == 204)
        let removal = try await records(server).suffix(2)
        #expect(try removal.map { try $0.string("action") } == ["queue.purge", "queue.delete"])
        #expect(try removal.first?.strings("subjects.*") == ["mail", job])
        let rules = #"{"rules": [{"kinds": ["a"], "queue": "b"}]}"#
        try await expect("routing.set", "PUT", "/v1/routing", rules, at: server)
        try await expect(nil, "PUT", "/v1/routing", rules, at: server)
        let schedule = "/v1/schedules/nightly"
        let spec = #"{"cron": "0 3 * * *", "job": {"kind": "report", "payload": "secret-payload"}}"#
        try await expect("schedule.set", "PUT", schedule, spec, of: "nightly", at: server)
        try await expect(nil, "PUT", schedule, spec, at: server)
        try await expect("schedule.pause", "POST", schedule + "/pause", of: "nightly", at: server)
        try await expect("schedule.resume", "POST", schedule + "/resume", of: "nightly", at: server)
        try await expect("schedule.run", "POST", schedule + "/run", of: "nightly", at: server)
        try await expect("schedule.delete", "DELETE", schedule, of: "nightly", at: server)
        let text = String(decoding: try await server.call("GET", "/v1/audit").body, as: UTF8.self)
        #expect(!text.contains("secret-payload"))
    }

    @Test func changesOfKeysAreRecordedWithTheirCaller() async throws {
        let server = try await TestServer()
        let admin = try await server.key("boss", "admin")
        let other = try await server.key("worker", "work", by: admin)
        let id = String(other.split(separator: "_")[2])
        let rotated = try await server.call("POST", "/v1/keys/\(id)/rotate", "{}", key: admin)
        #expect(rotated.status == 201, "\(rotated)")
        #expect(try await server.call("DELETE", "/v1/keys/\(id)", key: admin).status == 204)
        // A key without the right changes nothing.
        let refused = try await server.call("POST", "/v1/queues/mail/pause", key: try rotated.string("key"))
        #expect(refused.status == 403, "\(refused)")
        let records = try await records(server, key: admin)
        #expect(
            try records.map { try $0.string("action") } == [
                "key.create", "key.create", "key.rotate", "key.revoke",
            ])
        #expect(try records.map { try $0.string("caller") } == ["anonymous", "boss", "boss", "boss"])
        #expect(try records[1].string("key_id") == String(admin.split(separator: "_")[2]))
        let text = String(decoding: try await server.call("GET", "/v1/audit", key: admin).body, as: UTF8.self)
        for key in [admin, other, try rotated.string("key")] {
            let secret = try #require(key.split(separator: "_").last)
            #expect(!text.contains(secret))
        }
        let filtered = try await self.records(
            server, "&caller=boss&subject=\(id)&action=key.revoke", key: admin)
        #expect(try filtered.map { try $0.int("number") } == [4])
        let summary = try await self.records(server, "&fields=summary", key: admin)
        #expect(summary.count == 4 && summary.allSatisfy { !$0.has("before") && !$0.has("after") })
    }

    @Test func theCommandListsExportsAndVerifies() async throws {
        let server = try await TestServer()
        for depth in 1...3 {
            _ = try await server.call("PUT", "/v1/queues/mail", #"{"max_depth": \#(depth)}"#)
        }
        let at = ["--server", server.address]
        let list = try await longhaul(["audit", "--subject", "mail", "--limit", "2"] + at)
        #expect(list.code == 0 && list.output.contains("queue.set"), "\(list)")
        #expect(list.output.split(separator: "\n").count == 3, "\(list)")
        let export = try await longhaul(["audit", "export", "--since", "1h"] + at)
        let lines = try export.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(try lines.map { try $0.int("number") } == [3, 2, 1])
        let verified = try await longhaul(["audit", "verify"] + at)
        #expect(verified.code == 0 && verified.output.hasPrefix("3 records verified"), "\(verified)")
        #expect(verified.output.contains(try lines[0].string("hash")), "\(verified)")
        let wrong = try await longhaul(["audit", "--action", "none"] + at)
        #expect(wrong.code == 2 && wrong.errors.contains("job.cancel"), "\(wrong)")
    }

    @Test func changesOfTheCommandOnTheStoreNameTheUser() async throws {
        let folder = try TemporaryFolder()
        let storage = try Pair.current.storage(folder)
        let store = Array(storage.drop { $0 != "--store" }.prefix(2))
        let made = try await longhaul(["keys", "create", "boss", "--scopes", "admin"] + store)
        #expect(made.code == 0, "\(made)")
        let list = try await longhaul(["audit", "--json"] + store)
        let records = try JSONValue(parsing: list.output).array("items")
        #expect(records.count == 1)
        #expect(try records.first?.string("caller") == "user:" + NSUserName())
        #expect(try records.first?.string("client") == "unix:\(getuid())")
        #expect(records.first?.has("request_id") == false)
    }

    @Test func retentionRemovesOldRecords() async throws {
        // About a second.
        let server = try await TestServer(in: nil, ["--audit-days", "0.00001"])
        _ = try await server.call("PUT", "/v1/queues/mail", #"{"max_depth": 1}"#)
        try await eventually("the record is removed") { try await records(server).isEmpty }
        _ = try await server.call("PUT", "/v1/queues/mail", #"{"max_depth": 2}"#)
        let chain = try await server.call("GET", "/v1/audit")
        #expect(try chain.int("chain.last.number") == 2)
        let verified = try await longhaul(["audit", "verify", "--server", server.address])
        #expect(verified.code == 0, "\(verified)")
    }
}
