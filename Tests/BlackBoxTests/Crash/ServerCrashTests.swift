import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// `kill -9` of the server, at any moment.
@Suite struct ServerCrashTests {
    /// Kills the server 20 times, until there are 1,000 acknowledged jobs: every other time directly after an
    /// acknowledgement, else at a random moment under load. Every acknowledged job must be completed, and exactly once.
    @Test func losesNoAcknowledgedJob() async throws {
        let folder = try TemporaryFolder()
        // The program appends a line at the end of each run.
        let ran = folder.file("ran.txt")
        try folder.write(
            "handlers.json5",
            #"{ handlers: { "crash.note": { command: ["sh", "-c", "echo \"$LONGHAUL_JOB_ID\" >> '\#(ran)'"], queue: "default" } } }"#
        )
        let acknowledged = Recorder<String>()
        var random = SystemRandomNumberGenerator()
        for round in 0..<20 {
            let server = try await TestServer("serve", in: folder)
            let target = acknowledged.values.count + 50
            let pause: Duration? =
                round % 2 == 0 ? nil : .milliseconds(Int.random(in: 0...30, using: &random))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        await Self.submit(to: server, acknowledged) { count in
                            if pause == nil, count == target { server.process.signal(SIGKILL) }
                        }
                    }
                }
                group.addTask {
                    // The submitting tasks end with the server, also if the test fails.
                    defer { server.process.signal(SIGKILL) }
                    try await acknowledged.wait(for: "50 more jobs") { $0.count >= target }
                    try await Task.sleep(for: pause ?? .zero)
                }
                try await group.waitForAll()
            }
            #expect(try await server.process.exitCode() == -SIGKILL)
        }
        let ids = Set(acknowledged.values)
        #expect(ids.count >= 1000)
        try await finish(ids, in: folder)
        let lines = try String(contentsOfFile: ran, encoding: .utf8).split(separator: "\n")
        #expect(ids.subtracting(lines.map(String.init)).isEmpty)
    }

    /// Submits one job after another until the server stops. Calls `observe` with the number of acknowledged jobs after
    /// each acknowledgement.
    private static func submit(
        to server: TestServer, _ acknowledged: Recorder<String>, _ observe: (Int) -> Void
    ) async {
        // Leases may expire on a busy machine, so each job may have many attempts.
        let body = #"{"kind": "crash.note", "payload": {"n": 1}, "max_attempts": 100}"#
        while true {
            guard let answer = try? await server.call("POST", "/v1/jobs", body), answer.status == 202,
                let id = try? answer.string("id")
            else { return }
            observe(acknowledged.add(id))
        }
    }

    /// Runs all jobs, kills the server in between, and checks the result of each job.
    private func finish(_ ids: Set<String>, in folder: TemporaryFolder) async throws {
        for round in 0..<3 {
            let server = try await TestServer(
                "up", in: folder,
                [
                    "--handlers", folder.file("handlers.json5"), "--queues", "default=8", "--lease-seconds",
                    "4",
                ])
            let isLast = round == 2
            try await eventually("all jobs are completed", within: 300) {
                let queue = try await server.call("GET", "/v1/queues/default")
                if !isLast, try queue.int("counts.completed") > ids.count * (round + 1) / 4 { return true }
                return try ["pending", "processing", "retrying", "scheduled"].allSatisfy {
                    try queue.int("counts.\($0)") == 0
                }
            }
            if !isLast {
                try await server.process.crash()
                continue
            }
            for id in ids {
                let job = try await server.call("GET", "/v1/jobs/\(id)")
                #expect(try job.string("state") == "completed", "\(id): \(job)")
                let events = try await server.call("GET", "/v1/jobs/\(id)/events")
                let states = try JobTests.states(in: String(decoding: events.body, as: UTF8.self))
                #expect(states.count { $0 == "completed" } == 1, "\(id): \(states)")
            }
        }
    }

    @Test(.over(.sqlite, "a file has one server; PostgreSQL is shared"))
    func secondServerOnTheSameFileIsRejected() async throws {
        let server = try await TestServer()
        let second = try await longhaul(
            ["serve", "--listen", "127.0.0.1:0"] + Pair.current.options(server.folder))
        #expect(second.code == 1)
        #expect(second.errors.contains("in use by process \(server.process.processID)"))
        #expect(second.output.isEmpty)
        try await server.becomesReady()
    }

    @Test func stopsGracefully() async throws {
        let server = try await TestServer()
        async let held = server.lease(wait: 60)
        try await eventually("the worker is known") {
            try await server.call("GET", "/v1/workers").count("items") > 0
        }
        server.process.signal(SIGTERM)
        #expect(try await held == nil)
        #expect(try await server.process.exitCode() == 0)
    }
}
