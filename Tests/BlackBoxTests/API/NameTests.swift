import Foundation
import LonghaulHTTP
import Testing

/// Names with NUL, names that are too long or leave their folder, and requests that the HTTP server rejects.
@Suite struct NameTests {
    private static let long = String(repeating: "x", count: 600)

    /// Calls with an invalid name, each with the pointer of the error.
    private static let invalid: [(method: String, path: String, body: String, pointers: [String])] = [
        ("POST", "/v1/jobs", #"{"kind": "a\u0000b"}"#, ["/kind"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "queue": "a\u0000b"}"#, ["/queue"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "actor": "a\u0000b"}"#, ["/actor"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "a\u0000b"}"#, ["/idempotency_key"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "tags": {"a\u0000b": "c"}}"#, ["/tags/a\u{0}b"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "tags": {"a": "b\u0000c"}}"#, ["/tags/a"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "actor": "\#(long)"}"#, ["/actor"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "\#(long)"}"#, ["/idempotency_key"]),
        ("POST", "/v1/jobs", #"{"kind": "a", "tags": {"a": "\#(long)"}}"#, ["/tags/a"]),
        ("POST", "/v1/jobs", #"{"kind": "../../etc", "queue": "../x"}"#, ["/queue"]),
        ("POST", "/v1/leases", #"{"worker": {"id": "a\u0000b"}}"#, ["/worker/id"]),
        ("POST", "/v1/leases", #"{"worker": {"id": "\#(long)"}}"#, ["/worker/id"]),
        ("POST", "/v1/leases", #"{"worker": {"id": ""}}"#, ["/worker/id"]),
        ("POST", "/v1/leases", #"{"worker": {"id": "w", "name": "a\u0000b"}}"#, ["/worker/name"]),
        (
            "POST", "/v1/leases", #"{"worker": {"id": "w", "labels": {"a": "b\u0000"}}}"#,
            ["/worker/labels/a"]
        ),
        ("POST", "/v1/leases", #"{"worker": {"id": "w"}, "queues": ["a\u0000b"]}"#, ["/queues/0"]),
        ("POST", "/v1/leases", #"{"worker": {"id": "w"}, "kinds": ["a\u0000b"]}"#, ["/kinds/0"]),
    ]

    @Test func invalidNamesAreRejected() async throws {
        let server = try await TestServer()
        for (method, path, body, pointers) in Self.invalid {
            let answer = try await server.call(method, path, body)
            #expect(answer.status == 400 && answer.code == "invalid_request", "\(body): \(answer)")
            #expect(answer.pointers == pointers, "\(body): \(answer)")
        }
        for name in ["a%20b", "a%2Fb", "..%2Fx", String(repeating: "q", count: 101)] {
            let answer = try await server.call("PUT", "/v1/queues/\(name)", "{}")
            #expect(answer.status == 400, "\(name): \(answer)")
        }
        for path in ["/v1/jobs", "/v1/queues", "/v1/workers"] {
            #expect(try await server.call("GET", path).count("items") == 0, "\(path)")
        }
    }

    @Test func stepNamesMayHaveAnyCharacters() async throws {
        let server = try await TestServer()
        _ = try await server.submit(#"{"kind": "a"}"#)
        let lease = try #require(try await server.lease())
        func put(_ name: String) async throws -> Int {
            try await server.call("PUT", "/v1/leases/\(lease.token)/steps/\(name)", #"{"output": 1}"#).status
        }
        // A step is a row and not a file, so its name may contain dots and slashes.
        #expect(try await put("..%2F..%2Fetc") == 200)
        #expect(try await put(String(repeating: "s", count: 200)) == 200)
        #expect(try await put(String(repeating: "s", count: 201)) == 400)
        #expect(try await put("a%00b") == 400)
    }

    @Test func errorOfTheHTTPServerIsAProblem() async throws {
        let server = try await TestServer()
        let long = String(repeating: "x", count: 10_000)
        let answers = [
            (try await server.call("GET", "/v1/jobs?kind=\(long)"), 414),
            (try await server.call("GET", "/v1/jobs", headers: ["X-Long": long + long + long + long]), 431),
            (try await server.call("GET", "/v1/jobs/%zz"), 400),
            (
                try await server.call(
                    "POST", "/v1/leases/x/release", String(repeating: " ", count: 65 << 20)), 413
            ),
        ]
        for (answer, status) in answers {
            #expect(answer.status == status, "\(answer)")
            #expect(answer.headers["Content-Type"] == "application/problem+json", "\(answer)")
            #expect(try answer.int("status") == status, "\(answer)")
            #expect(answer.code != nil && answer.headers["X-Request-Id"] != nil, "\(answer)")
        }
        try await server.becomesReady()
    }
}
