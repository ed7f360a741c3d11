import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// A gateway like a strict server. One invalid result fails a whole call of completions. It also rejects error details,
/// and the first lines of a log.
private struct StrictGateway: WorkerGateway {
    let inner: any WorkerGateway

    func lease(_ request: LeaseRequest) async throws -> [Lease] { try await inner.lease(request) }

    func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await inner.heartbeat(heartbeat)
    }

    func complete(_ completions: [Completion]) async throws -> [Result<Job, LonghaulError>] {
        if completions.contains(where: { $0.result.description == "13" }) {
            throw LonghaulError(.invalidRequest, "13 is no result")
        }
        return try await inner.complete(completions)
    }

    func fail(_ failure: Failure) async throws -> Job {
        if failure.error.details != nil { throw LonghaulError(.payloadTooLarge, "details are too large") }
        return try await inner.fail(failure)
    }

    func release(_ token: LeaseToken) async throws -> Job { try await inner.release(token) }

    func deregister(_ workerID: String) async throws -> [JobID] { try await inner.deregister(workerID) }

    func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        if lines.contains(where: { $0.message == "bad" }) {
            throw LonghaulError(.invalidRequest, "a line is bad")
        }
        try await inner.appendLogs(token, lines)
    }

    func putArtifact(
        _ token: LeaseToken, name: String, contentType: String?, path: String
    ) async throws -> Artifact {
        try await inner.putArtifact(token, name: name, contentType: contentType, path: path)
    }

    func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await inner.step(token, name: name)
    }

    func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        try await inner.putStep(token, name: name, output: output)
    }
}

/// Workers whose reports the server rejects.
@Suite struct StrictGatewayTests {
    private func run(_ body: @escaping Handler.Body, _ test: (Bench) async throws -> Void) async throws {
        try await Bench.run { bench in
            let worker = bench.worker(
                [Handler(kind: "test", body: body)], slots: 20, gateway: StrictGateway(inner: bench.engine))
            try await bench.run(worker) { try await test(bench) }
        }
    }

    @Test func refusedResultFailsOnlyItsOwnJob() async throws {
        try await run {
            Handler.Output(result: $0.job.spec.payload)
        } _: { bench in
            var ids: [JobID] = []
            for number in 0..<20 { ids.append(try await bench.submit(payload: "\(number)")) }
            for (number, id) in ids.enumerated() {
                let job = try await bench.engine.wait(for: id, seconds: 60)
                #expect(job.attempt == 1)
                #expect(job.state == (number == 13 ? .failed : .completed), "\(number)")
                if number == 13 { #expect(job.error?.type == "invalid_result") }
            }
        }
    }

    @Test func rejectedErrorReportIsSentAgainWithoutDetails() async throws {
        try await run { _ in
            throw JobFailure(
                type: "boom", message: "it broke", details: JSONText(validated: Array("[1]".utf8)),
                retryable: false)
        } _: { bench in
            let job = try await bench.finish()
            #expect(job.state == .failed)
            #expect(job.attempt == 1)
            #expect(job.error?.type == "boom")
            #expect(job.error?.message.hasPrefix("it broke (the server refused") == true)
            #expect(job.error?.details == nil)
        }
    }

    @Test func logReportsTheNumberOfRefusedLines() async throws {
        try await run { context in
            context.log("bad")
            while !Task.isCancelled {
                context.log("good")
                try await Task.sleep(for: .milliseconds(20))
            }
            throw CancellationError()
        } _: { bench in
            let id = try await bench.submit()
            try await eventually("the log says what it lost") { try await !bench.logs(id).isEmpty }
            let lines = try await bench.logs(id)
            #expect(lines.first?.hasSuffix("lost here: a line is bad") == true, "\(lines.prefix(3))")
            #expect(!lines.contains("bad"))
        }
    }
}
