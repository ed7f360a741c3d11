import Foundation
import LonghaulTestSupport
import Testing

/// Claims with ageing, partitions, labels and rate limits, and the routing of jobs.
@Suite struct FairnessTests {
    @Test func floodOfOneCustomerDoesNotDelayAnother() async throws {
        let server = try await TestServer()
        _ = try await server.call("PUT", "/v1/queues/default", #"{"partition_by": "customer"}"#)
        for _ in 0..<20 { _ = try await server.submit(#"{"kind": "a", "tags": {"customer": "flood"}}"#) }
        let small = try await server.submit(#"{"kind": "a", "tags": {"customer": "small"}}"#)
        var given: [String] = []
        for _ in 0..<2 {
            let lease = try #require(try await server.lease()).lease
            given.append(try lease.string("job.id"))
        }
        #expect(given.contains(small))
    }

    @Test func ageingRaisesThePriorityOfAWaitingJob() async throws {
        let server = try await TestServer("serve", ["--ageing-seconds", "0.001"])
        let old = try await server.submit(#"{"kind": "a", "priority": 0}"#)
        _ = try await server.submit(#"{"kind": "a", "priority": 0}"#)
        // The job has aged by nine levels more than the next one, which takes at most 9 ms.
        try await Task.sleep(for: .milliseconds(20))
        _ = try await server.submit(#"{"kind": "a", "priority": 9}"#)
        let lease = try #require(try await server.lease()).lease
        #expect(try lease.string("job.id") == old)
    }

    @Test func jobWaitsForAWorkerWithItsLabels() async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "a", "labels": {"gpu": "1"}}"#)
        #expect(try answer.value("labels") == ["gpu": "1"])
        #expect(try await server.lease() == nil)
        async let other = server.lease(wait: 2, worker: "plain")
        let request = """
            {"worker": {"id": "g", "labels": {"gpu": "1", "zone": "eu"}}, "wait_seconds": 30}
            """
        #expect(try await server.call("POST", "/v1/leases", request).count("leases") == 1)
        #expect(try await other == nil)
        for (body, pointer) in [
            (#"{"kind": "a", "labels": {"gpu": 1}}"#, "/labels/gpu"),
            (#"{"kind": "a", "labels": {"": "1"}}"#, "/labels/"), (#"{"kind": "a", "labels": 1}"#, "/labels"),
        ] {
            let answer = try await server.call("POST", "/v1/jobs", body)
            #expect(answer.status == 400 && answer.pointers == [pointer], "\(answer)")
        }
    }

    @Test func submissionsFollowTheRoutingTable() async throws {
        let server = try await TestServer()
        #expect(try await server.call("GET", "/v1/routing").value("rules") == [])
        let table = """
            {"rules": [{"kinds": ["video.*"], "labels": {}, "queue": "video-small"},
                       {"kinds": ["video.*"], "labels": {"gpu": "1"}, "queue": "video-large"}]}
            """
        let put = try await server.call("PUT", "/v1/routing", table)
        #expect(try put.status == 200 && put.count("rules") == 2, "\(put)")
        _ = try await server.call("PUT", "/v1/queues/video-small", #"{"max_size": 100}"#)
        _ = try await server.call("PUT", "/v1/queues/video-large", #"{"max_size": 1000}"#)
        _ = try await server.call("PUT", "/v1/queues/tiny", #"{"max_size": 1}"#)
        for (job, queue) in [
            (#""size": 100"#, "video-small"), (#""size": 101"#, "video-large"),
            (#""labels": {"gpu": "1"}"#, "video-large"), (#""labels": {"gpu": "2"}"#, "default"),
            (#""size": 5000"#, "default"), (#""queue": "default""#, "default"),
            (#""queue": "tiny", "size": 50"#, "video-small"), (#""queue": "tiny", "size": 1"#, "tiny"),
        ] {
            let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "video.cut", \#(job)}"#)
            #expect(try answer.string("queue") == queue, "\(job): \(answer)")
        }
        let big = try await server.call(
            "POST", "/v1/jobs", #"{"kind": "video.cut", "queue": "tiny", "size": 5000}"#)
        #expect(big.status == 400 && big.pointers == ["/size"], "\(big)")
        let batch = try await server.call(
            "POST", "/v1/jobs/batch", #"{"jobs": [{"kind": "mail", "queue": "tiny", "size": 2}]}"#)
        #expect(batch.status == 400 && batch.pointers == ["/jobs/0/size"], "\(batch)")
        let bad = try await server.call("PUT", "/v1/routing", #"{"rules": [{"queue": "a b"}]}"#)
        #expect(bad.status == 400 && bad.pointers == ["/rules/0/queue"], "\(bad)")
    }

    @Test func theRoutingTableAndRateLimitsSurviveARestart() async throws {
        let folder = try TemporaryFolder()
        var server = try await TestServer(in: folder)
        _ = try await server.call("PUT", "/v1/routing", #"{"rules": [{"queue": "other"}]}"#)
        let limit = #"{"rate_limit": {"jobs": 1, "period_seconds": 3600}}"#
        _ = try await server.call("PUT", "/v1/queues/other", limit)
        for _ in 0..<2 { _ = try await server.submit(#"{"kind": "a"}"#) }
        #expect(try await server.lease(queue: "other") != nil)
        try await server.process.crash()
        server = try await TestServer(in: folder)
        let queue = try await server.call("GET", "/v1/queues/other")
        #expect(queue.has("throttled_until"), "\(queue)")
        #expect(try await server.lease(queue: "other") == nil)
        let answer = try await server.call("POST", "/v1/jobs", #"{"kind": "a"}"#)
        #expect(try answer.string("queue") == "other")
    }
}
