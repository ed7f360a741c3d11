import Foundation
import Testing

/// Queues, read and set.
@Suite struct QueueTests {
    @Test func comesIntoBeingWithTheDefaults() async throws {
        let server = try await TestServer()
        #expect(try await server.call("GET", "/v1/queues/mail").status == 404)
        _ = try await server.submit(#"{"kind": "a", "queue": "mail"}"#)
        let queue = try await server.call("GET", "/v1/queues/mail")
        #expect(queue.status == 200)
        #expect(queue["max_depth"] as? Int == 100_000)
        #expect(queue["paused"] as? Bool == false)
        #expect(queue["depth"] as? Int == 1)
        #expect((queue["counts"] as? [String: Int])?["pending"] == 1)
        #expect(queue["oldest_pending_seconds"] as? Double != nil)
        let list = try await server.call("GET", "/v1/queues")
        #expect((list["items"] as? [[String: Any]])?.contains { $0["name"] as? String == "mail" } == true)
    }

    @Test func givesNothingWhilePaused() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        #expect(try await server.call("POST", "/v1/queues/default/pause")["paused"] as? Bool == true)
        #expect(try await server.lease() == nil)
        async let waiting = server.lease(wait: 30)
        #expect(try await server.call("POST", "/v1/queues/default/resume")["paused"] as? Bool == false)
        #expect((try await waiting?.lease["job"] as? [String: Any])?["id"] as? String == id)
    }

    @Test func keepsMaxConcurrency() async throws {
        let server = try await TestServer()
        _ = try await server.call("PUT", "/v1/queues/default", #"{"max_concurrency": 1}"#)
        _ = try await server.submit(#"{"kind": "a"}"#)
        _ = try await server.submit(#"{"kind": "a"}"#)
        let first = try #require(try await server.lease())
        #expect(try await server.lease() == nil)
        async let waiting = server.lease(wait: 30)
        _ = try await server.call("POST", "/v1/leases/\(first.token)/complete", "{}")
        #expect(try await waiting != nil)
    }

    @Test func refusesFaultySettings() async throws {
        let server = try await TestServer()
        for (body, pointer) in [
            (#"{"max_depth": -1}"#, "/max_depth"), (#"{"max_dept": 1}"#, "/max_dept"),
            (#"{"paused": "yes"}"#, "/paused"), (#"{"rate_limit": 5}"#, "/rate_limit"),
        ] {
            let answer = try await server.call("PUT", "/v1/queues/q", body)
            #expect(answer.status == 400 && answer.pointers == [pointer], "\(body): \(answer)")
        }
        #expect(try await server.call("GET", "/v1/queues/q").status == 404)
    }
}
