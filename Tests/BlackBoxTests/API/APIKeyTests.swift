import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// API keys: which calls need which key, and what a limited key sees.
@Suite struct APIKeyTests {
    /// One call of the document.
    private struct Call: CustomStringConvertible {
        let method: String
        let path: String
        /// The scopes that the document names; empty if any key will do, nil if none is needed.
        let scopes: [String]?
        let statuses: Set<String>

        var description: String { "\(method) \(path)" }
    }

    private func calls(_ server: TestServer) async throws -> [Call] {
        let values = [
            "{id}": "01890000-0000-7000-8000-000000000000", "{name}": "none",
            "{delivery}": "01890000-0000-7000-8000-000000000001",
            "{token}": String(repeating: "0", count: 64),
        ]
        let paths = try await server.call("GET", "/openapi.json").object("paths")
        return try paths.flatMap { pattern, calls in
            try calls.object("").map { method, call in
                let security = try call.array("security")
                return Call(
                    method: method.uppercased(),
                    path: values.reduce(pattern) { $0.replacingOccurrences(of: $1.key, with: $1.value) },
                    scopes: try security.first.map { try $0.strings("key") },
                    statuses: Set(try call.object("responses").keys))
            }
        }
    }

    @Test func everyRouteNeedsAKeyWithItsScope() async throws {
        let server = try await TestServer()
        let calls = try await calls(server)
        let admin = try await server.key("admin", "admin")
        let scopes = ["jobs:submit", "jobs:read", "jobs:write", "queues:write", "work"]
        var keys: [String: String] = [:]
        for scope in scopes + ["admin"] where scope != "admin" {
            let others = scopes.filter { $0 != scope }
            let name = "not-" + scope.replacingOccurrences(of: ":", with: "-")
            keys[scope] = try await server.key(name, others.joined(separator: ","), by: admin)
        }
        keys["admin"] = try await server.key("not-admin", scopes.joined(separator: ","), by: admin)
        var checked = 0
        for call in calls {
            let body = call.method == "GET" || call.method == "DELETE" ? nil : "{}"
            let without = try await server.call(call.method, call.path, body)
            guard let needed = call.scopes else {
                let isToken = call.path.hasPrefix("/v1/signals/")
                #expect(without.status == (isToken ? 404 : 200), "\(call): \(without)")
                continue
            }
            #expect(without.status == 401 && without.code == "unauthorized", "\(call): \(without)")
            #expect(without.headers["WWW-Authenticate"] == "Bearer", "\(call)")
            #expect(call.statuses.isSuperset(of: ["401", "403"]), "\(call)")
            guard let scope = needed.first else { continue }
            let wrong = try await server.call(call.method, call.path, body, key: keys[scope])
            #expect(wrong.status == 403 && wrong.code == "forbidden", "\(call): \(wrong)")
            #expect(try wrong.string("detail").contains(scope), "\(call): \(wrong)")
            checked += 1
        }
        let open = Set(calls.filter { $0.scopes == nil }.map(\.path))
        #expect(checked > 40 && open == ["/healthz", "/v1/signals/" + String(repeating: "0", count: 64)])
        for path in ["/v1/jobs", "/v1/queues", "/v1/workers", "/v1/schedules"] {
            #expect(try await server.call("GET", path, key: admin).count("items") == 0, "\(path)")
        }
        #expect(try await server.call("GET", "/v1/keys", key: admin).count("items") == keys.count + 1)
    }

    @Test func theCallerIsTheNameOfTheKey() async throws {
        let server = try await TestServer()
        let admin = try await server.key("boss", "admin")
        let key = try await server.key("shop", "jobs:submit,jobs:read", by: admin)
        let job = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "1"}"#, key: key)
        #expect(try job.string("caller") == "shop")
        // An idempotency key belongs to its caller.
        let other = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "1"}"#, key: admin)
        #expect(other.status == 202)
        let rotated = try await server.call(
            "POST", "/v1/keys/\(try #require(key.split(separator: "_").dropFirst(2).first))/rotate",
            #"{"overlap_seconds": 60}"#, key: admin)
        let again = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "idempotency_key": "1"}"#, key: try rotated.string("key"))
        #expect(try again.status == 200 && again.string("id") == job.string("id"))
        #expect(try await server.call("GET", "/v1/jobs", key: key).status == 200)
    }

    @Test func aLimitedKeySeesAndChangesItsJobsAlone() async throws {
        let server = try await TestServer()
        let admin = try await server.key("boss", "admin")
        let limited = try await server.key(
            "mailer", "jobs:submit,jobs:read,jobs:write,queues:write,work", queues: ["mail*"],
            kinds: ["mail.*"],
            by: admin)
        func call(_ method: String, _ path: String, _ body: String? = nil) async throws -> Answer {
            try await server.call(method, path, body, key: limited)
        }
        let own = try await call("POST", "/v1/jobs", #"{"kind": "mail.send", "queue": "mail-1"}"#)
        #expect(own.status == 202)
        for body in [
            #"{"kind": "mail.send"}"#, #"{"kind": "mail.send", "queue": "video"}"#,
            #"{"kind": "video.cut", "queue": "mail-1"}"#,
        ] {
            #expect(try await call("POST", "/v1/jobs", body).status == 403, "\(body)")
            #expect(try await call("POST", "/v1/jobs/batch", #"{"jobs": [\#(body)]}"#).status == 403)
        }
        let foreign = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "video.cut", "queue": "video"}"#, key: admin)
        let id = try foreign.string("id")
        for (method, path) in [
            ("GET", ""), ("GET", "/events"), ("GET", "/logs"), ("GET", "/children"), ("GET", "/dependents"),
            ("GET", "/artifacts/a"), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", ""),
            ("GET", "/deliveries"), ("POST", "/deliveries/\(id)/redeliver"),
        ] {
            #expect(try await call(method, "/v1/jobs/\(id)\(path)").status == 404, "\(method) \(path)")
        }
        #expect(try await call("GET", "/v1/jobs").strings("items.*.id") == [own.string("id")])
        #expect(try await call("GET", "/v1/queues").strings("items.*.name") == ["mail-1"])
        for path in [
            "/v1/queues/video", "/v1/jobs?queue=video", "/metrics", "/v1/scale", "/v1/events?queue=video",
        ] {
            #expect(try await call("GET", path).status == 403, "\(path)")
        }
        #expect(try await call("POST", "/v1/queues/video/pause").status == 403)
        #expect(try await call("PUT", "/v1/routing", #"{"rules": []}"#).status == 403)
        #expect(
            try await call(
                "PUT", "/v1/schedules/s",
                #"{"cron": "@daily", "job": {"kind": "video.cut", "queue": "mail-1"}}"#
            ).status == 403)
        let worker = #""worker": {"id": "w"}"#
        #expect(try await call("POST", "/v1/leases", "{\(worker), \"queues\": [\"mail-1\"]}").status == 403)
        #expect(
            try await call(
                "POST", "/v1/leases", "{\(worker), \"queues\": [\"video\"], \"kinds\": [\"mail.send\"]}"
            ).status == 403)
        let leases = try await call(
            "POST", "/v1/leases", "{\(worker), \"queues\": [\"mail-1\"], \"kinds\": [\"mail.send\"]}")
        #expect(try leases.count("leases") == 1)
        let token = try leases.string("leases.0.token")
        let next = #"{"next": [{"kind": "video.cut", "queue": "video"}]}"#
        #expect(try await call("POST", "/v1/leases/\(token)/complete", next).status == 403)
        #expect(try await call("POST", "/v1/leases/\(token)/complete", "{}").status == 200)
        #expect(try await server.call("GET", "/v1/jobs", key: admin).count("items") == 2)
    }

    @Test func aPageOfALimitedKeyIsComplete() async throws {
        let server = try await TestServer()
        let admin = try await server.key("boss", "admin")
        let key = try await server.key("reader", "jobs:read", queues: ["a*", "b"], by: admin)
        var wanted: [String] = []
        for number in 0..<30 {
            let queue = number % 3 == 0 ? "a\(number)" : number == 16 ? "b" : "other"
            let job = try await server.call(
                "POST", "/v1/jobs", #"{"kind": "k", "queue": "\#(queue)"}"#, key: admin)
            if queue != "other" { wanted.insert(try job.string("id"), at: 0) }
        }
        var found: [String] = []
        var cursor = ""
        repeat {
            let page = try await server.call("GET", "/v1/jobs?limit=4\(cursor)", key: key)
            let items = try page.strings("items.*.id")
            #expect(items.count <= 4)
            found += items
            cursor = (try? page.string("next_cursor")).map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty
        #expect(found == wanted)
    }

    @Test func invalidKeysAreRefusedWithPointers() async throws {
        let server = try await TestServer()
        for (body, pointer) in [
            (#"{"name": "a"}"#, "/scopes"), (#"{"name": "a", "scopes": ["all"]}"#, "/scopes/0"),
            (#"{"name": "a b", "scopes": ["work"]}"#, "/name"),
            (#"{"name": "a", "scopes": ["work"], "kinds": ["a b"]}"#, "/kinds/0"),
            (#"{"name": "a", "scopes": ["admin"], "queues": ["a"]}"#, "/scopes"),
            (#"{"name": "a", "scopes": ["work"], "expires_at": "2020-01-01T00:00:00Z"}"#, "/expires_at"),
            (#"{"name": "a", "scopes": ["work"], "environment": "A"}"#, "/environment"),
        ] {
            let answer = try await server.call("POST", "/v1/keys", body)
            #expect(answer.status == 400 && answer.pointers == [pointer], "\(body): \(answer)")
        }
        // No key exists, so the server is still open.
        #expect(try await server.call("GET", "/v1/keys").count("items") == 0)
        _ = try await server.key("a", "admin")
        #expect(try await server.call("GET", "/v1/keys").status == 401)
    }
}

extension TestServer {
    /// Creates an API key. Returns its text.
    func key(
        _ name: String, _ scopes: String, queues: [String] = [], kinds: [String] = [], by admin: String? = nil
    ) async throws -> String {
        func list(_ words: some Sequence<some StringProtocol>) -> String {
            words.map { "\"\($0)\"" }.joined(separator: ", ")
        }
        let body = """
            {"name": "\(name)", "scopes": [\(list(scopes.split(separator: ",")))], "queues": [\(list(queues))], \
            "kinds": [\(list(kinds))]}
            """
        let answer = try await call("POST", "/v1/keys", body, key: admin)
        guard answer.status == 201 else { throw TestFailure("\(answer)") }
        return try answer.string("key")
    }

    /// A call with an API key.
    func call(_ method: String, _ path: String, _ json: String? = nil, key: String?) async throws -> Answer {
        try await call(method, path, json, headers: key.map { ["Authorization": "Bearer \($0)"] } ?? [:])
    }
}
