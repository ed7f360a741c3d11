import Foundation
import LonghaulTestSupport
import Testing

/// The history of queues, and `GET /v1/scale`.
@Suite struct HistoryTests {
    private func total(_ answer: Answer, _ field: String) throws -> Int {
        try answer.ints("items.*.\(field)").reduce(0, +)
    }

    @Test func historyIncludesTheTimeBeforeARestart() async throws {
        let folder = try TemporaryFolder()
        var server = try await TestServer(in: folder)
        _ = try await server.submit(#"{"kind": "a", "queue": "mail"}"#)
        _ = try await server.submit(#"{"kind": "a", "queue": "mail"}"#)
        let lease = try #require(try await server.lease(queue: "mail"))
        _ = try await server.call("POST", "/v1/leases/\(lease.token)/complete", "{}")
        let history = try await server.call("GET", "/v1/queues/mail/history?minutes=5")
        #expect(try history.status == 200 && history.object("").keys.contains("next_cursor"))
        #expect(try total(history, "enqueued") == 2 && total(history, "finished") == 1)
        #expect(try history.ints("items.*.depth").last == 1)
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)

        server = try await TestServer(in: folder)
        _ = try await server.submit(#"{"kind": "a", "queue": "other"}"#)
        let again = try await server.call("GET", "/v1/queues/mail/history")
        #expect(try total(again, "enqueued") == 2 && total(again, "finished") == 1)
        #expect(again.has("items.*.run_p50_seconds"))
        let all = try await server.call("GET", "/v1/history")
        #expect(try total(all, "enqueued") == 3)
        #expect(try Set(all.strings("items.*.queue")) == ["mail", "other"])
        let week = try await server.call("GET", "/v1/history?minutes=10080&step_minutes=60&total=true")
        #expect(try total(week, "enqueued") == 3)
        #expect(try Set(week.strings("items.*.queue")) == ["*"])
    }

    @Test func invalidHistoryQueriesAreRejected() async throws {
        let server = try await TestServer()
        #expect(try await server.call("GET", "/v1/queues/none/history").status == 404)
        for query in ["minutes=0", "minutes=x", "minutes=100000", "hours=1", "step_minutes=0", "total=x"] {
            let answer = try await server.call("GET", "/v1/history?\(query)")
            #expect(answer.status == 400 && answer.code == "invalid_request", "\(query): \(answer)")
        }
    }

    @Test func scaleAdviceFollowsTheLoad() async throws {
        let server = try await TestServer()
        func scale(_ query: String) async throws -> [Int] {
            let answer = try await server.call("GET", "/v1/scale" + query)
            #expect(answer.status == 200, "\(answer)")
            return try [answer.int("depth"), answer.int("desired_workers")]
        }
        #expect(try await server.call("GET", "/v1/scale?queue=none").status == 404)
        for queue in ["a", "a", "a", "b"] {
            _ = try await server.submit(#"{"kind": "k", "queue": "\#(queue)"}"#)
        }
        #expect(try await scale("?queue=a") == [3, 1])
        #expect(try await scale("") == [4, 1])
        #expect(try await scale("?queue=a&jobs_per_worker=1") == [3, 3])
        #expect(try await scale("?queue=a&jobs_per_worker=1&slots_per_worker=2&max_workers=2") == [3, 2])
        #expect(try await scale("?queue=a&drain_seconds=1") == [3, 3])
        #expect(try await scale("?queue=a&jobs_per_worker=10&min_workers=2") == [3, 2])
        _ = try await server.call("POST", "/v1/queues/a/pause")
        #expect(try await scale("?queue=a") == [0, 0])
        for query in [
            "jobs_per_worker=0", "jobs_per_worker=1&drain_seconds=1", "max=1", "min_workers=3&max_workers=2",
        ] {
            #expect(try await server.call("GET", "/v1/scale?\(query)").status == 400, "\(query)")
        }
    }
}
