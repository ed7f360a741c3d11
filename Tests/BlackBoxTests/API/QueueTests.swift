import Foundation
import Testing

/// Queues, read and set.
@Suite struct QueueTests {
    @Test func queueIsCreatedWithTheDefaults() async throws {
        let server = try await TestServer()
        #expect(try await server.call("GET", "/v1/queues/mail").status == 404)
        _ = try await server.submit(#"{"kind": "a", "queue": "mail"}"#)
        let queue = try await server.call("GET", "/v1/queues/mail")
        #expect(queue.status == 200)
        #expect(try queue.int("max_depth") == 100_000)
        #expect(try queue.bool("paused") == false)
        #expect(try queue.int("depth") == 1)
        #expect(try queue.int("counts.pending") == 1)
        #expect(queue.has("oldest_pending_seconds"))
        let list = try await server.call("GET", "/v1/queues")
        #expect(try list.strings("items.*.name").contains("mail"))
    }

    @Test func pausedQueueLeasesNoJob() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        #expect(try await server.call("POST", "/v1/queues/default/pause").bool("paused") == true)
        #expect(try await server.lease() == nil)
        async let waiting = server.lease(wait: 30)
        #expect(try await server.call("POST", "/v1/queues/default/resume").bool("paused") == false)
        #expect(try await waiting?.lease.string("job.id") == id)
    }

    @Test func maxConcurrencyIsRespected() async throws {
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

    @Test func rejectsInvalidSettings() async throws {
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
