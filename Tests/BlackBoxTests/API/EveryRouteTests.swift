import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Properties of all routes in the OpenAPI document.
@Suite struct EveryRouteTests {
    /// One call of the document.
    private struct Call: CustomStringConvertible {
        let method: String
        /// A path of the pattern, with unknown names as parameters.
        let path: String
        let takesJSON: Bool
        /// Whether the body may be any JSON value.
        let takesAnyValue: Bool
        let statuses: Set<Int>

        var description: String { "\(method) \(path)" }
    }

    private static let methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    private static let nothing = [
        "{delivery}": "01890000-0000-7000-8000-000000000001", "{id}": "01890000-0000-7000-8000-000000000000",
        "{name}": "none",
        "{token}": String(repeating: "0", count: 64),
    ]

    private func calls(_ server: TestServer) async throws -> [Call] {
        let paths = try await server.call("GET", "/openapi.json").object("paths")
        return try paths.flatMap { pattern, calls in
            try calls.object("").map { method, call in
                Call(
                    method: method.uppercased(),
                    path: Self.nothing.reduce(pattern) {
                        $0.replacingOccurrences(of: $1.key, with: $1.value)
                    },
                    takesJSON: call.has("requestBody.content.application/json"),
                    takesAnyValue: call.description.contains("/components/schemas/SignalValue"),
                    statuses: Set(try call.object("responses").keys.compactMap { Int($0) }))
            }
        }
    }

    /// Checks that the answer is a complete problem, and that the document describes its status.
    private func expectProblem(
        _ answer: Answer, _ status: Int, _ code: String, of call: Call? = nil
    ) throws {
        let name = call.map { "\($0): \(answer)" } ?? "\(answer)"
        #expect(answer.status == status, "\(name)")
        #expect(answer.code == code, "\(name)")
        #expect(answer.headers["Content-Type"] == "application/problem+json", "\(name)")
        #expect(try answer.string("type") == "/problems/\(code)", "\(name)")
        #expect(try answer.int("status") == status, "\(name)")
        #expect(try answer.string("title").isEmpty == false, "\(name)")
        #expect(try answer.string("detail").isEmpty == false, "\(name)")
        #expect(answer.has("instance"), "\(name)")
        if let call { #expect(call.statuses.contains(status), "\(call) does not document \(status)") }
    }

    private func expectNothingLeft(_ server: TestServer) async throws {
        for path in ["/v1/jobs", "/v1/queues", "/v1/workers"] {
            #expect(try await server.call("GET", path).count("items") == 0, "\(path)")
        }
    }

    @Test func otherMethodsAreRejectedWithAllow() async throws {
        let server = try await TestServer()
        let paths = Dictionary(grouping: try await calls(server), by: \.path)
        for (path, calls) in paths {
            var allowed = Set(calls.map(\.method)).union(["OPTIONS"])
            if allowed.contains("GET") { allowed.insert("HEAD") }
            for method in Self.methods where !allowed.contains(method) {
                let answer = try await server.call(method, path, method == "GET" ? nil : "{}")
                try expectProblem(answer, 405, "method_not_allowed")
                let methods = (answer.headers["Allow"] ?? "").split(separator: ",")
                #expect(Set(methods.map { $0.filter { $0 != " " } }) == allowed, "\(method) \(path)")
            }
            let options = try await server.call("OPTIONS", path)
            #expect(options.status == 204 && options.headers["Allow"] != nil, "\(path): \(options)")
        }
        try await expectNothingLeft(server)
    }

    @Test func unknownQueryParametersAreRejected() async throws {
        let server = try await TestServer()
        for call in try await calls(server) where call.path.hasPrefix("/v1/") {
            let answer = try await server.call(
                call.method, call.path + "?nope=1", call.takesJSON ? "{}" : nil)
            try expectProblem(answer, 400, "invalid_request", of: call)
            #expect(answer.pointers == ["/nope"], "\(call): \(answer)")
        }
        try await expectNothingLeft(server)
    }

    @Test func bodiesThatAreNotJSONAreRejected() async throws {
        let server = try await TestServer()
        let values = [Array("[1]".utf8), Array(#"{"no such field": 1}"#.utf8)]
        let invalid: [[UInt8]] = [
            Array("{".utf8), Array(#"{"a":1,"a":2}"#.utf8), [0x22, 0xC3, 0x28, 0x22], [0],
            Array(String(repeating: "[", count: 65).utf8) + Array(String(repeating: "]", count: 65).utf8),
            Array(String(repeating: "[", count: 100_000).utf8),
        ]
        for call in try await calls(server) where call.takesJSON {
            for body in call.takesAnyValue ? invalid : invalid + values {
                let answer = try await send(body, "application/json", call, server)
                try expectProblem(answer, 400, "invalid_request", of: call)
                #expect(!answer.pointers.isEmpty, "\(call): \(answer)")
            }
            try expectProblem(
                try await send(Array("a=1".utf8), "text/plain", call, server), 415,
                "unsupported_media_type", of: call)
        }
        try await expectNothingLeft(server)
    }

    private func send(
        _ body: [UInt8], _ type: String, _ call: Call, _ server: TestServer
    ) async throws -> Answer {
        Answer(
            try await server.http.send(
                HTTPClientRequest(
                    method: call.method, url: server.address + call.path, headers: ["Content-Type": type],
                    body: .bytes(body), timeout: .seconds(60))))
    }

    @Test func headAnswersLikeGetWithoutABody() async throws {
        let server = try await TestServer()
        // The stream of all changes has no end.
        for call in try await calls(server) where call.method == "GET" && call.path != "/v1/events" {
            var get = try await server.call("GET", call.path)
            var head = try await server.call("HEAD", call.path)
            if call.path == "/readyz" {
                // On a busy machine a component may answer too late for one of the two.
                try await eventually("/readyz answers twice alike: \(get), \(head)") {
                    get = try await server.call("GET", call.path)
                    head = try await server.call("HEAD", call.path)
                    return head.status == get.status
                }
            }
            #expect(head.status == get.status, "\(call): \(get), \(head)")
            #expect(head.body.isEmpty, "\(call)")
            #expect(head.headers["Content-Type"] == get.headers["Content-Type"], "\(call)")
            #expect(head.headers["X-Request-Id"] != nil, "\(call)")
        }
        #expect(try await server.call("HEAD", "/v1/events").status == 200)
    }

    @Test func unknownPathsAreNotFound() async throws {
        let server = try await TestServer()
        for path in [
            "/", "/v1", "/v1/", "/v1/jobs/", "/v1//jobs", "/V1/jobs", "/v1/jobs/x/y/z", "/v1/leases/x",
            "/v1/%6Aobs/x/y", "/../etc/passwd", "/v1/jobs/..%2F..%2Fetc%2Fpasswd/events",
        ] {
            let answer = try await server.call("DELETE", path, #"{"a": 1}"#)
            #expect([404, 405].contains(answer.status), "\(path): \(answer)")
        }
        for path in ["/v1/jobs/%", "/v1/jobs/%zz", "/v1/jobs/%ff", "/v1/jobs?state=%00", "/v1/queues/%00"] {
            try expectProblem(try await server.call("GET", path), 400, "invalid_request")
        }
        try await expectNothingLeft(server)
    }
}
