import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestSupport
import Testing

@testable import LonghaulClient

/// Answers of proxies, of unreachable servers and of servers with many pages.
@Suite struct AnswerTests {
    private static let token = LeaseToken(jobID: JobID(high: 1, low: 2), fence: 3, secret: 4)

    @Test(arguments: [
        (400, LonghaulError.Code.invalidRequest, false), (401, .unauthorized, true), (403, .forbidden, false),
        (404, .invalidRequest, false), (408, .unavailable, true), (413, .payloadTooLarge, false),
        (429, .rateLimited, true), (500, .internal, true), (502, .unavailable, true),
        (503, .unavailable, true),
        (504, .unavailable, true),
    ])
    func answerOfAProxyHasTheCodeOfItsStatus(_ status: Int, _ code: LonghaulError.Code, _ isTransient: Bool)
        async throws
    {
        try await withScript { _ in
            HTTPResponse(
                status: status, headers: ["Retry-After": "7"], body: .bytes(Array("<html>no</html>".utf8)))
        } _: { client in
            let problem = await error { _ = try await client.queues() }
            #expect(problem?.code == code)
            #expect(problem?.isTransient == isTransient)
            #expect(problem?.retryAfterSeconds == 7)
            #expect(problem?.detail.contains("status \(status)") == true)
        }
    }

    @Test func problemOfTheServerIsTheError() async throws {
        try await withServer { client, _ in
            let problem = await error { _ = try await client.job(JobID(high: 1, low: 2)) }
            #expect(problem?.code == .notFound)
            var job = NewJob(JobSpec(kind: "test"))
            job.spec.priority = 77
            let invalid = await error { [job] in _ = try await client.submit(job) }
            #expect(invalid?.code == .invalidRequest)
            #expect(invalid?.faults.map(\.pointer.description) == ["/priority"])
        }
    }

    @Test func unreachableServerIsUnavailableForAWorker() async throws {
        let client = try LonghaulClient(server: "http://127.0.0.1:1")
        let problem = await error { _ = try await client.release(Self.token) }
        #expect(problem?.code == .unavailable)
        await #expect(throws: HTTPClientError.self) { _ = try await client.queues() }
        await client.shutdown()
    }

    @Test func cancelledCallOfAWorkerIsNotAnErrorOfTheServer() async throws {
        let arrived = Recorder<String>()
        try await withScript { request in
            arrived.add(request.path)
            try? await Task.sleep(for: .seconds(600))
            return .text(200, "{}")
        } _: { client in
            let call = Task { try await client.lease(LeaseRequest(worker: WorkerInfo(id: "w"))) }
            try await arrived.wait(for: "the call arrives") { $0 == ["/v1/leases"] }
            call.cancel()
            await #expect(throws: CancellationError.self) { _ = try await call.value }
        }
    }

    @Test func everyPageOfAListIsRead() async throws {
        let cursors = Recorder<String>()
        try await withScript { request in
            let cursor = request.query.first("cursor") ?? "-"
            cursors.add(cursor)
            let number = Int(cursor) ?? 0
            let next = number < 3 ? ", \"next_cursor\": \"\(number + 1)\"" : ""
            return .text(200, #"{"items": [{"id": "w\#(number)", "name": "n"}]"# + next + "}")
        } _: { client in
            let page: [WorkerName] = try await client.all("/v1/workers")
            #expect(page.map(\.id) == ["w0", "w1", "w2", "w3"])
        }
        #expect(cursors.values == ["-", "1", "2", "3"])
    }

    @Test func aCallLastsAsLongAsItsWaitAndTheTimeOfAnAnswer() async throws {
        try await withScript { _ in
            try? await Task.sleep(for: .milliseconds(300))
            return .text(200, "{}")
        } _: { client in
            let answer = try await client.send("GET", "/", waitSeconds: 60, answerTimeout: 0.05)
            #expect(answer.status == 200)
            await #expect(throws: HTTPClientError.self) {
                _ = try await client.send("GET", "/", answerTimeout: 0.05)
            }
        }
    }

    @Test func addressesWithoutASchemeAreRefused() {
        for address in ["127.0.0.1:8080", "ftp://host", ""] {
            #expect(throws: LonghaulError.self) { _ = try LonghaulClient(server: address) }
        }
        #expect(throws: Never.self) {
            let client = try LonghaulClient(server: "http://localhost:8080//")
            #expect(client.server == "http://localhost:8080")
        }
    }

    @Test func answersToManyCompletionsKeepTheirOrder() async throws {
        try await withScript { _ in
            .text(
                200,
                #"""
                {"completions": [
                    {"problem": {"code": "lease_lost", "detail": "gone"}},
                    {"job": {"id": "019a1b2c-3d4e-7f50-8a61-b2c3d4e5f607", "state": "completed", "kind": 7}},
                    {"problem": {"code": "no_such_code"}}
                ]}
                """#)
        } _: { client in
            let answers = try await client.complete((0..<3).map { _ in Completion(token: Self.token) })
            #expect(answers.count == 3)
            #expect(answers.map { (try? $0.get())?.state } == [nil, .completed, nil])
            let codes = answers.map { answer -> LonghaulError.Code? in
                if case .failure(let error) = answer { error.code } else { nil }
            }
            #expect(codes == [.leaseLost, nil, .internal])
        }
    }
}
