import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Signals to durable jobs, and the page of a signal token.
@Suite struct DurableSignalTests {
    private static let form = "application/x-www-form-urlencoded"

    @Test func signalResolvesTheWait() async throws {
        let server = try await TestServer()
        let (id, _) = try await server.signalPath()
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.string("waits_for.0.name") == "confirmed" && job.has("waits_for.0.until"))
        let other = try await server.call("POST", "/v1/jobs/\(id)/signals/other", "1")
        #expect(other.status == 202)
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == "suspended")
        let answer = try await server.call("POST", "/v1/jobs/\(id)/signals/confirmed", #"{"by": "me"}"#)
        #expect(answer.status == 202)
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.string("journal.operations.0.output.by") == "me")
        // The other signal was kept.
        let wait = try await server.update(
            lease.token, #"{"id": "1", "type": "signal", "name": "other", "action": "start"}"#)
        #expect(try wait.int("operations.0.output") == 1)
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete")
        let late = try await server.call("POST", "/v1/jobs/\(id)/signals/confirmed", "1")
        #expect(late.status == 409 && late.code == "conflict")
    }

    @Test func earlySignalsAreConsumedOnceInOrder() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        for value in ["1", "2", ""] {
            let path = "/v1/jobs/\(id)/signals/a%20name"
            let answer = try await server.call("POST", path, value.isEmpty ? nil : value)
            #expect(answer.status == 202, "\(answer)")
        }
        let lease = try #require(try await server.lease())
        let waits = (0..<4).map {
            #"{"id": "\#($0)", "type": "signal", "name": "a name", "action": "start"}"#
        }
        let body = #"{"updates": [\#(waits.joined(separator: ","))]}"#
        let answer = try await server.call("POST", "/v1/leases/\(lease.token)/journal", body)
        #expect(try answer.array("operations.*.output") == [1, 2, nil, nil])
        #expect(
            try answer.strings("operations.*.status") == ["succeeded", "succeeded", "succeeded", "waiting"])
    }

    @Test func idempotencyKeySendsASignalOnce() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "flow"}"#)
        let path = "/v1/jobs/\(id)/signals/go"
        let headers: HTTPHeaders = ["Idempotency-Key": "k1"]
        let first = try await server.call("POST", path, "1", headers: headers)
        #expect(first.status == 202 && first.headers["Idempotent-Replayed"] == nil)
        let second = try await server.call("POST", path, "1", headers: headers)
        #expect(second.status == 202 && second.headers["Idempotent-Replayed"] == "true")
        let other = try await server.call("POST", path, "2", headers: headers)
        #expect(other.status == 422 && other.code == "idempotency_key_reused")
        let long: HTTPHeaders = ["Idempotency-Key": String(repeating: "k", count: 256)]
        #expect(try await server.call("POST", path, "1", headers: long).status == 400)
        let lease = try #require(try await server.lease())
        let answer = try await server.update(
            lease.token, #"{"id": "0", "type": "signal", "name": "go", "action": "start"}"#,
            #"{"id": "1", "type": "signal", "name": "go", "action": "start"}"#)
        #expect(try answer.strings("operations.*.status") == ["succeeded", "waiting"])
    }

    @Test func waitForASignalEndsInTime() async throws {
        let server = try await TestServer()
        let (_, path) = try await server.signalPath(timeout: 3)
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.string("journal.operations.0.status") == "failed")
        #expect(try lease.lease.string("journal.operations.0.error.type") == "timeout")
        #expect(try await server.call("POST", path, "1").code == "conflict")
        #expect(try await server.call("GET", path).status == 410)
    }

    @Test func tokenSendsOneSignalWithoutAKey() async throws {
        let server = try await TestServer()
        let (id, path) = try await server.signalPath()
        let admin = try await server.key("boss", "admin")
        let answer = try await server.call("POST", path, #"{"ok": 1}"#)
        #expect(answer.status == 202, "\(answer)")
        let again = try await server.call("POST", path, #"{"ok": 2}"#)
        #expect(again.status == 409 && again.code == "conflict")
        #expect(try again.string("instance") == "/v1/signals/***")
        #expect("\(again)".contains(id) == false)
        let journal = try await server.call("GET", "/v1/jobs/\(id)/journal", key: admin)
        #expect(try journal.int("items.0.output.ok") == 1)
    }

    @Test func tokenIsShownToCallersThatMaySignalTheJob() async throws {
        let server = try await TestServer()
        let (id, path) = try await server.signalPath()
        let admin = try await server.key("boss", "admin")
        let reader = try await server.key("reader", "jobs:read", by: admin)
        let writer = try await server.key("writer", "jobs:read,jobs:write", by: admin)
        let journal = "/v1/jobs/\(id)/journal"
        #expect(try await server.call("GET", journal, key: reader).has("items.0.signal_token") == false)
        let token = try await server.call("GET", journal, key: writer).string("items.0.signal_token")
        #expect(path == "/v1/signals/" + token)
        let refused = try await server.call("POST", "/v1/jobs/\(id)/signals/confirmed", "1", key: reader)
        #expect(refused.status == 403)
    }

    @Test func pageAsksAndSendsTheAnswerOnce() async throws {
        let server = try await TestServer()
        let (id, path) = try await server.signalPath(name: "<b>\\\"&'")
        for _ in 0..<3 {
            let page = try await server.call("GET", path, headers: ["Sec-Fetch-Site": "cross-site"])
            let text = String(decoding: page.body, as: UTF8.self)
            #expect(page.status == 200 && page.headers["Content-Type"] == "text/html; charset=utf-8")
            #expect(text.contains("&lt;b&gt;&quot;&amp;&#39;") && !text.contains("<b>"))
            #expect(
                text.contains("flow") && text.contains("Approve</button>") && text.contains("Reject</button>")
            )
            let policy = page.headers["Content-Security-Policy"] ?? ""
            #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
            #expect(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"))
            #expect(
                page.headers["Referrer-Policy"] == "no-referrer"
                    && page.headers["Cache-Control"] == "no-store")
        }
        // Opening the page changes nothing.
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == "suspended")
        for body in ["approved=maybe", "", "approved=true&approved=false"] {
            let answer = try await server.call("POST", path, body, headers: ["Content-Type": Self.form])
            #expect(answer.status == 400, "\(body): \(answer)")
        }
        // What a browser sends with the form of a page without a referrer.
        let headers: HTTPHeaders = [
            "Content-Type": Self.form, "Origin": "null", "Sec-Fetch-Site": "same-origin",
        ]
        let sent = try await server.call("POST", path, "approved=false", headers: headers)
        #expect(sent.status == 200 && String(decoding: sent.body, as: UTF8.self).contains("Rejected"))
        let again = try await server.call("POST", path, "approved=true", headers: headers)
        #expect(
            again.status == 410
                && String(decoding: again.body, as: UTF8.self).contains("was used or has expired"))
        #expect(try await server.call("GET", path).status == 410)
        let lease = try #require(try await server.lease(wait: 30))
        #expect(try lease.lease.value("journal.operations.0.output") == ["approved": false])
    }

    @Test func unknownTokensAreNotFoundAndTellNothing() async throws {
        let server = try await TestServer()
        let (_, path) = try await server.signalPath()
        let token = String(path.dropFirst("/v1/signals/".count))
        let last = token.last == "0" ? "1" : "0"
        let texts = [
            "x", "lhs_", "lhs_" + String(repeating: "0", count: 64),
            "lhs_" + String(repeating: "f", count: 64),
            String(token.dropFirst(4)), token.uppercased(), token.dropLast() + last, token + "0",
        ]
        var problems: Set<String> = []
        for text in texts {
            let unknown = "/v1/signals/" + text
            let answer = try await server.call("POST", unknown, "1")
            #expect(answer.status == 404 && answer.code == "not_found", "\(text): \(answer)")
            problems.insert("\(answer)")
            #expect(try await server.call("GET", unknown).status == 404, "\(text)")
            let form = try await server.call(
                "POST", unknown, "approved=true", headers: ["Content-Type": Self.form])
            #expect(form.status == 404, "\(text): \(form)")
        }
        #expect(problems.count == 1, "\(problems)")
        #expect(try await server.call("POST", path, "1").status == 202)
    }
}
