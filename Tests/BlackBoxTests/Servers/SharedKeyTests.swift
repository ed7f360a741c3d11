import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// API keys that are created and revoked at one server apply at the other.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct SharedKeyTests {
    @Test func bothServersNeedTheSameKeys() async throws {
        let servers = try await ServerPair()
        #expect(try await servers.other.call("GET", "/v1/jobs").status == 200)
        let admin = try await servers.one.key("boss", "admin")
        try await eventually("the other server needs a key") {
            try await servers.other.call("GET", "/v1/jobs").status == 401
        }
        let key = try await servers.other.key("reader", "jobs:read", by: admin)
        try await eventually("the key is valid at the first server") {
            try await servers.one.call("GET", "/v1/jobs", key: key).status == 200
        }
        // A session of one server is valid at the other.
        let session = try await servers.one.call("POST", "/v1/session", key: key)
        let cookie = (session.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }
        let shared = try await servers.other.call("GET", "/v1/jobs", headers: ["Cookie": String(cookie)])
        #expect(shared.status == 200)
        let id = key.split(separator: "_")[2]
        #expect(try await servers.one.call("DELETE", "/v1/keys/\(id)", key: admin).status == 204)
        #expect(try await servers.one.call("GET", "/v1/jobs", key: key).status == 401)
        try await eventually("the key is refused at the other server", within: 20) {
            try await servers.other.call("GET", "/v1/jobs", key: key).status == 401
        }
        let used = try await servers.one.call("GET", "/v1/keys", key: admin)
        try await eventually("the last use is stored") {
            let keys = try await servers.other.call("GET", "/v1/keys", key: admin)
            return try keys.array("items").allSatisfy { (try? $0.string("last_used_at")) != nil }
        }
        #expect(used.status == 200)
    }
}
