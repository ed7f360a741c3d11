import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestSupport
import Testing

@testable import LonghaulClient

/// How a client waits for the end of a job.
@Suite struct WaitTests {
    private static let id = JobID(high: 1 << 16 | 0x7000, low: 1 << 63)

    private static func answer(_ state: JobState) -> HTTPResponse {
        let start = Timestamp(milliseconds: 1)
        let job = Job(
            id: id, spec: JobSpec(kind: "test"), state: state, caller: "anonymous", createdAt: start,
            runAt: start)
        var writer = JSONWriter(capacity: 1024)
        job.write(to: &writer)
        return HTTPResponse(
            status: 200, headers: ["Content-Type": "application/json"], body: .bytes(writer.bytes))
    }

    @Test func serverHoldsTheCall() async throws {
        let waits = Recorder<String>()
        try await withScript { request in
            waits.add(request.query.first("wait_seconds") ?? "-")
            return Self.answer(.completed)
        } _: { client in
            let jobs = [
                try await client.wait(for: Self.id),
                try await client.wait(for: Self.id, timeout: .seconds(600)),
                try await client.wait(for: Self.id, timeout: .zero),
            ]
            #expect(jobs.allSatisfy { $0.state == .completed })
        }
        #expect(waits.values == ["30.0", "30.0", "-"])
    }

    @Test func answersThatComeEarlyDoNotFollowEachOtherWithoutAPause() async throws {
        let calls = Recorder<String>()
        try await withScript(
            { _ in
                calls.add("call")
                return Self.answer(.pending)
            }, pauseSeconds: 0.05
        ) { client in
            let error = await #expect(throws: ResultTimeout.self) {
                _ = try await client.wait(for: Self.id, timeout: .milliseconds(300))
            }
            #expect(error == ResultTimeout(id: Self.id, timeout: .milliseconds(300)))
        }
        #expect(calls.values.count <= 8, "\(calls.values.count) calls")
    }

    @Test func waitContinuesWhileTheServerIsUnavailable() async throws {
        let calls = Recorder<Int>()
        try await withScript { _ in
            calls.add(0) < 6 ? .text(503, "restarting") : Self.answer(.failed)
        } _: { client in
            let job = try await client.wait(for: Self.id)
            #expect(job.state == .failed)
        }
        #expect(calls.values.count == 6)
    }

    @Test func waitWithoutATimeoutEndsWhenTheServerStaysUnreachable() async throws {
        let calls = Recorder<Int>()
        try await withScript { _ in
            calls.add(0)
            return .text(503, "down")
        } _: { client in
            let problem = await error { _ = try await client.wait(for: Self.id) }
            #expect(problem?.code == .unavailable)
            #expect(calls.values.count == 8)
            await #expect(throws: ResultTimeout.self) {
                _ = try await client.wait(for: Self.id, timeout: .milliseconds(200))
            }
        }
    }

    @Test func cancelledTaskStopsWaiting() async throws {
        let arrived = Recorder<String>()
        try await withScript { request in
            arrived.add(request.path)
            try? await Task.sleep(for: .seconds(600))
            return Self.answer(.completed)
        } _: { client in
            let wait = Task { try await client.wait(for: Self.id) }
            try await arrived.wait(for: "the call arrives") { !$0.isEmpty }
            wait.cancel()
            await #expect(throws: CancellationError.self) { _ = try await wait.value }
        }
    }

    @Test func refusedCallIsNotRepeated() async throws {
        let calls = Recorder<Int>()
        try await withScript { _ in
            calls.add(0)
            return .text(403, "no")
        } _: { client in
            let problem = await error { _ = try await client.wait(for: Self.id) }
            #expect(problem?.code == .forbidden)
        }
        #expect(calls.values.count == 1)
    }

    @Test func environmentNamesTheServer() async throws {
        #expect(try LonghaulClient(environment: [:]).server == "http://127.0.0.1:8080")
        let variables = [
            "LONGHAUL_SERVER": "unix:/run/l.sock", "LONGHAUL_API_KEY": "k", "LONGHAUL_CA_FILE": "",
        ]
        #expect(try LonghaulClient(environment: variables).server == "unix:/run/l.sock")
        #expect(throws: LonghaulError.self) {
            _ = try LonghaulClient(environment: ["LONGHAUL_CLIENT_CERT": "a.pem"])
        }
        #expect(throws: LonghaulError.self) {
            _ = try LonghaulClient(environment: ["LONGHAUL_KEY_FILE": "/nowhere/key"])
        }
    }
}
