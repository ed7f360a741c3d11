import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Chains: jobs that run one after another and read the results of earlier jobs.
@Suite struct ChainTests {
    @Test func chainedJobSeesTheResultsOfItsAncestors() async throws {
        let server = try await TestServer()
        let first = try await server.submit(#"{"kind": "one"}"#)
        for (result, next) in [("1", "two"), ("2", "three")] {
            let lease = try #require(try await server.lease())
            let answer = try await server.call(
                "POST", "/v1/leases/\(lease.token)/complete",
                #"{"result": \#(result), "next": [{"kind": "\#(next)"}]}"#)
            #expect(answer.status == 200)
        }
        let last = try #require(try await server.lease()).lease
        #expect(try last.strings("job.ancestors.*.kind") == ["two", "one"])
        #expect(try last.ints("job.ancestors.*.result") == [2, 1])
        #expect(try last.string("job.ancestors.0.id") == last.string("job.parent_id"))
        let root = try await server.call("GET", "/v1/jobs/\(first)")
        #expect(try root.strings("children").first == last.string("job.parent_id"))
    }

    @Test func cycleInNextIsRejectedAndTheAttemptContinues() async throws {
        let server = try await TestServer()
        let id = try await server.submit(#"{"kind": "one"}"#)
        let lease = try #require(try await server.lease())
        let path = "/v1/leases/\(lease.token)/complete"
        let circle = try await server.call(
            "POST", path,
            ##"{"next": [{"kind": "a", "ref": "a", "depends_on": ["#b"]}, {"kind": "b", "ref": "b", "depends_on": ["#a"]}]}"##
        )
        #expect(circle.status == 400)
        #expect(circle.pointers == ["/next/0/depends_on", "/next/1/depends_on"])
        let adopted = try await server.call(
            "POST", path, #"{"next": [{"kind": "a", "parent_id": "\#(id)"}]}"#)
        #expect(adopted.pointers == ["/next/0/parent_id"])
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == "processing")
        #expect(try await server.call("POST", path, "{}").status == 200)
    }

    private static let policies: [(String, [String])] = [
        ("cancel", ["failed", "cancelled", "cancelled"]), ("fail", ["failed", "failed", "failed"]),
        ("run", ["failed", "pending", "blocked"]),
    ]

    @Test(arguments: policies)
    func failurePropagatesAlongTheChainByPolicy(_ policy: String, _ states: [String]) async throws {
        let server = try await TestServer()
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            ##"""
            {"jobs": [{"kind": "a", "ref": "a", "max_attempts": 1},
              {"kind": "b", "ref": "b", "depends_on": ["#a"], "on_dependency_failure": "\##(policy)"},
              {"kind": "c", "depends_on": ["#b"], "on_dependency_failure": "\##(policy)"}]}
            """##)
        let ids = try answer.strings("jobs.*.job.id")
        #expect(ids.count == 3)
        let lease = try #require(try await server.lease())
        let body = #"{"error": {"type": "x", "message": "y"}}"#
        #expect(try await server.call("POST", "/v1/leases/\(lease.token)/fail", body).status == 200)
        var found: [String] = []
        for id in ids { found.append(try await server.call("GET", "/v1/jobs/\(id)").string("state")) }
        #expect(found == states)
    }

    /// A program reads the results of earlier steps in its job, on standard input.
    @Test func programGetsTheResultsOfItsDependencies() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "handlers.json5",
            #"""
            { handlers: {
                "part": { command: ["sh", "-c", "echo 21 > \"$LONGHAUL_RESULT\""] },
                "merge": { command: ["python3", "./merge.py"] },
            } }
            """#)
        try folder.write(
            "merge.py",
            """
            import json, os, sys
            job = json.load(sys.stdin)
            total = sum(part["result"] for part in job["dependencies"])
            with open(os.environ["LONGHAUL_RESULT"], "w") as file:
                json.dump(total, file)
            """)
        let server = try await TestServer(
            "up", in: folder, ["--handlers", folder.file("handlers.json5"), "--queues", "default=2"])
        let answer = try await server.call(
            "POST", "/v1/jobs/batch",
            #"{"jobs": [{"kind": "part"}, {"kind": "part"}], "parent": {"kind": "merge"}}"#)
        let id = try answer.string("parent.job.id")
        try await eventually("the parent has completed", within: 60) {
            try await server.call("GET", "/v1/jobs/\(id)").string("state") == "completed"
        }
        #expect(try await server.call("GET", "/v1/jobs/\(id)").int("result") == 42)
    }
}
