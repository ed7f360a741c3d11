import Foundation
import LonghaulHTTP
import Testing

/// Invalid requests: the status, the pointer of each error, and that nothing is stored.
@Suite struct InvalidRequestTests {
    /// Bodies that are answered 400, each with the pointers of its errors.
    static let invalid: [(body: String, pointers: [String])] = [
        ("", [""]),
        ("{", [""]),
        ("[]", [""]),
        ("null", [""]),
        (#"{"kind": "a"} x"#, [""]),
        ("{}", ["/kind"]),
        (#"{"kind": 5}"#, ["/kind"]),
        (#"{"kind": ""}"#, ["/kind"]),
        (#"{"kind": "a b"}"#, ["/kind"]),
        (#"{"kind": "\#(String(repeating: "k", count: 201))"}"#, ["/kind"]),
        (#"{"kind": "a\u0000b"}"#, ["/kind"]),
        (#"{"kind": "longhaul.execution"}"#, ["/kind"]),
        (#"{"kind": "a", "kidn": "b"}"#, ["/kidn"]),
        (#"{"kind": "a", "kind": "b"}"#, ["/kind"]),
        (#"{"kind": "a", "payload": {"x": 1, "x": 2}}"#, ["/payload/x"]),
        (#"{"kind": "a", "priority": "5"}"#, ["/priority"]),
        (#"{"kind": "a", "priority": 10}"#, ["/priority"]),
        (#"{"kind": "a", "priority": -1}"#, ["/priority"]),
        (#"{"kind": "a", "priority": 1.5}"#, ["/priority"]),
        (#"{"kind": "a", "max_attempts": 0}"#, ["/max_attempts"]),
        (#"{"kind": "a", "max_attempts": 101}"#, ["/max_attempts"]),
        (#"{"kind": "a", "queue": "a/b"}"#, ["/queue"]),
        (#"{"kind": "a", "run_at": "yesterday"}"#, ["/run_at"]),
        (#"{"kind": "a", "run_at": "2026-02-30T00:00:00Z"}"#, ["/run_at"]),
        (#"{"kind": "a", "run_at": "2999-01-01T00:00:00Z", "delay_seconds": 1}"#, ["/delay_seconds"]),
        (#"{"kind": "a", "delay_seconds": -1}"#, ["/delay_seconds"]),
        (#"{"kind": "a", "timeout_seconds": 0}"#, ["/timeout_seconds"]),
        (#"{"kind": "a", "expires_at": "2001-01-01T00:00:00Z"}"#, ["/expires_at"]),
        (#"{"kind": "a", "backoff": {"type": "linear"}}"#, ["/backoff/type"]),
        (#"{"kind": "a", "backoff": {"jitter": 2, "factr": 2}}"#, ["/backoff/factr", "/backoff/jitter"]),
        (#"{"kind": "a", "unique": {"by": []}}"#, ["/unique/by"]),
        (#"{"kind": "a", "unique": {}}"#, ["/unique/by"]),
        (#"{"kind": "a", "unique": {"by": ["actor"]}}"#, ["/unique/by"]),
        (#"{"kind": "a", "unique": {"by": ["colour"]}}"#, ["/unique/by", "/unique/by/0"]),
        (
            #"{"kind": "a", "unique": {"by": ["kind"], "window_seconds": 9, "while": "active"}}"#,
            ["/unique/window_seconds"]
        ),
        (#"{"kind": "a", "tags": {"a": 1}}"#, ["/tags/a"]),
        (#"{"kind": "a", "depends_on": ["x"]}"#, ["/depends_on/0"]),
        (#"{"kind": "a", "depends_on": ["01890000-0000-7000-8000-000000000000"]}"#, ["/depends_on/0"]),
        (#"{"kind": "a", "size": -1}"#, ["/size"]),
        (#"{"kind": "a", "callback_url": "ftp://x"}"#, ["/callback_url"]),
        (#"{"kind": "a", "ref": "x"}"#, ["/ref"]),
        (
            #"{"kind": 1, "priority": 99, "queue": "", "tags": []}"#,
            ["/kind", "/priority", "/queue", "/tags"]
        ),
    ]

    @Test func allErrorsOfARequestAreReportedWithPointers() async throws {
        let server = try await TestServer()
        for (body, pointers) in Self.invalid {
            let answer = try await server.call("POST", "/v1/jobs", body)
            #expect(answer.status == 400, "\(body): \(answer)")
            #expect(answer.code == "invalid_request", "\(body)")
            #expect(Set(answer.pointers) == Set(pointers), "\(body): \(answer)")
            #expect(answer.headers["Content-Type"] == "application/problem+json")
            #expect(try answer.string("type") == "/problems/invalid_request")
            #expect(try answer.string("instance") == "/v1/jobs")
        }
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 0)
    }

    @Test func unknownFieldSuggestsASimilarName() async throws {
        let server = try await TestServer()
        let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "a", "priorty": 5}"#)
        #expect("\(answer)".contains("priority"))
    }

    @Test func payloadNestedOver32IsRefused() async throws {
        let server = try await TestServer()
        func submit(depth: Int) async throws -> Answer {
            let payload = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return try await server.call("POST", "/v1/jobs", #"{"kind": "a", "payload": \#(payload)}"#)
        }
        #expect(try await submit(depth: 32).status == 202)
        let deep = try await submit(depth: 33)
        #expect(deep.status == 400 && deep.code == "invalid_request" && deep.pointers == ["/payload"])
        #expect(try await submit(depth: 64).status == 400)
    }

    @Test func refusesInvalidUTF8() async throws {
        let server = try await TestServer()
        let bytes = Array(#"{"kind": "a", "payload": ""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        let response = try await server.http.send(
            HTTPClientRequest(
                method: "POST", url: server.address + "/v1/jobs",
                headers: ["Content-Type": "application/json"],
                body: .bytes(bytes)))
        #expect(response.status == 400)
        #expect(Answer(response).code == "invalid_request")
    }

    @Test func refusesAPayloadOver256KiB() async throws {
        let server = try await TestServer()
        func body(_ count: Int) -> String {
            #"{"kind": "a", "payload": "\#(String(repeating: "x", count: count - 2))"}"#
        }
        #expect(try await server.call("POST", "/v1/jobs", body(262_144)).status == 202)
        for count in [262_145, 300 * 1024, 8 << 20] {
            let answer = try await server.call("POST", "/v1/jobs", body(count))
            #expect(answer.status == 413)
            #expect(answer.code == "payload_too_large")
        }
        #expect(try await server.call("GET", "/v1/jobs").count("items") == 1)
    }

    @Test func refusesOtherMediaTypes() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs", "kind=a", headers: ["Content-Type": "application/x-www-form-urlencoded"])
        #expect(answer.status == 415)
        #expect(answer.code == "unsupported_media_type")
    }

    @Test func unknownPathAndWrongMethodHaveDifferentErrors() async throws {
        let server = try await TestServer()
        let unknown = try await server.call("GET", "/v1/nothing")
        #expect(unknown.status == 404)
        #expect(unknown.code == "not_found")
        let wrong = try await server.call("PATCH", "/v1/jobs")
        #expect(wrong.status == 405)
        #expect(wrong.code == "method_not_allowed")
        let allowed = Set(
            (wrong.headers["Allow"] ?? "").split(separator: ",").map { $0.filter { $0 != " " } })
        #expect(allowed.isSuperset(of: ["GET", "HEAD", "POST", "OPTIONS"]))
        let options = try await server.call("OPTIONS", "/v1/jobs")
        #expect(options.status == 204)
        #expect(options.headers["Allow"] != nil)
    }

    @Test func refusesUnknownQueryParameters() async throws {
        let server = try await TestServer()
        let answer = try await server.call("GET", "/v1/jobs?stat=failed")
        #expect(answer.status == 400)
        #expect(answer.pointers == ["/stat"])
        #expect("\(answer)".contains("state"))
        for query in [
            "limit=0", "limit=501", "limit=x", "cursor=x", "state=done", "tag=x", "created_after=x",
        ] {
            #expect(try await server.call("GET", "/v1/jobs?\(query)").status == 400, "\(query)")
        }
    }

    @Test func invalidJobIDIsNotFound() async throws {
        let server = try await TestServer()
        for id in ["x", "01890000-0000-7000-8000-000000000000", "%2e%2e", "a%00b"] {
            let answer = try await server.call("GET", "/v1/jobs/\(id)")
            #expect(answer.status == (id.contains("%00") ? 400 : 404), "\(id): \(answer)")
        }
        for call in ["cancel", "retry"] {
            #expect(try await server.call("POST", "/v1/jobs/x/\(call)").status == 404)
        }
        #expect(try await server.call("DELETE", "/v1/jobs/x").status == 404)
        for path in ["events", "logs", "artifacts/a.png"] {
            #expect(try await server.call("GET", "/v1/jobs/x/\(path)").status == 404)
        }
    }

    @Test func headAnswersLikeGetWithoutABody() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        let head = try await server.call("HEAD", "/v1/jobs/\(id)")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.headers["Content-Length"].flatMap { Int($0) } ?? 0 > 100)
    }
}
