import LonghaulTestSupport
import Testing

/// Changes of waiting jobs, over HTTP and with `longhaul edit`.
@Suite struct EditCommandTests {
    private func run(_ words: String..., on server: TestServer) async throws
        -> (code: Int32, output: String, errors: String)
    {
        try await longhaul(words, environment: ["LONGHAUL_SERVER": server.address])
    }

    @Test func aPatchChangesAWaitingJob() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a", "tags": {"one": "1", "two": "2"}}"#)
        let other = try await server.submit(#"{"kind": "a"}"#)
        let urgent = #"{"priority": 9, "tags": {"two": null, "three": "3"}}"#
        let edited = try await server.call("PATCH", "/v1/jobs/\(other)", urgent)
        #expect(edited.status == 200)
        #expect(try edited.int("priority") == 9 && edited.string("tags.three") == "3")
        let lease = try #require(try await server.lease())
        #expect(try lease.lease.string("job.id") == other)
        let removed = try await server.call("PATCH", "/v1/jobs/\(id)", #"{"tags": {"two": null}}"#)
        #expect(try removed.string("tags.one") == "1" && !removed.has("tags.two"))
        #expect(try await server.call("PATCH", "/v1/jobs/\(id)", "{}").status == 200)
    }

    @Test func aPatchIsRefusedWithAReason() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a"}"#)
        for (body, pointer) in [
            (#"{"priority": 10}"#, "/priority"), (#"{"run_at": "soon"}"#, "/run_at"),
            (#"{"tags": {"a": 3}}"#, "/tags/a"), (#"{"tags": []}"#, "/tags"),
            (#"{"queue": "x"}"#, "/queue"), (#"{"tags": {"": "x"}}"#, "/tags/"),
        ] {
            let answer = try await server.call("PATCH", "/v1/jobs/\(id)", body)
            #expect(answer.status == 400, "\(body)")
            #expect(try answer.string("errors.0.pointer") == pointer, "\(answer)")
        }
        _ = try await server.lease()
        let leased = try await server.call("PATCH", "/v1/jobs/\(id)", #"{"priority": 1}"#)
        #expect(leased.status == 409)
        #expect(try leased.string("detail").contains("a worker runs it"))
        _ = try await server.call("POST", "/v1/jobs/\(id)/cancel")
        let ended = try await server.call("PATCH", "/v1/jobs/\(id)", #"{"priority": 1}"#)
        #expect(try ended.status == 409 && ended.string("detail").contains("it has ended"))
        let unknown = "/v1/jobs/00000000-0000-7000-8000-000000000000"
        #expect(try await server.call("PATCH", unknown, #"{"priority": 1}"#).status == 404)
    }

    @Test func aJobThatIsDueEarlierWakesAWaitingWorker() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a", "delay_seconds": 3600}"#)
        async let lease = server.lease(wait: 30)
        try await eventually("the worker waits") {
            try await server.call("GET", "/v1/workers").count("items") == 1
        }
        let soon = #"{"run_at": "2020-01-01T00:00:00Z"}"#
        #expect(try await server.call("PATCH", "/v1/jobs/\(id)", soon).string("state") == "pending")
        #expect(try await lease?.lease.string("job.id") == id)
    }

    @Test func theCommandEditsJobs() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "a", "tags": {"one": "1"}}"#)
        let edited = try await run(
            "edit", id, "--priority", "8", "--run-at", "2h", "--tag", "two=2", "--remove-tag", "one",
            on: server)
        #expect(edited.code == 0 && edited.output == "\(id) scheduled\n", "\(edited)")
        let job = try await server.call("GET", "/v1/jobs/\(id)")
        #expect(try job.int("priority") == 8 && job.string("tags.two") == "2" && !job.has("tags.one"))
        #expect(try await run("edit", id, "--run-at", "now", on: server).output == "\(id) pending\n")
        for words in [["edit", id], ["edit", id, "--tag", "a=1", "--remove-tag", "a"]] {
            let misuse = try await longhaul(words, environment: ["LONGHAUL_SERVER": server.address])
            #expect(misuse.code == 2, "\(words): \(misuse)")
        }
        _ = try await run("cancel", id, on: server)
        #expect(try await run("edit", id, "--priority", "1", on: server).code == 4)
    }
}
