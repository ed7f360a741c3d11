import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulTestSupport
import LonghaulWorker
import Testing

/// Workers whose reports the server rejects.
@Suite struct StrictGatewayTests {
    /// A server that fails a whole call of completions for one invalid result, and rejects error details and the first lines
    /// of a log.
    private func strict(_ engine: Engine) -> HookedGateway {
        var gateway = HookedGateway(engine)
        gateway.onComplete = { completions, inner in
            if completions.contains(where: { $0.result.description == "13" }) {
                throw LonghaulError(.invalidRequest, "13 is no result")
            }
            return try await inner.complete(completions)
        }
        gateway.onFail = { failure, inner in
            if failure.error.details != nil { throw LonghaulError(.payloadTooLarge, "details are too large") }
            return try await inner.fail(failure)
        }
        gateway.onLogs = { token, lines, inner in
            if lines.contains(where: { $0.message == "bad" }) {
                throw LonghaulError(.invalidRequest, "a line is bad")
            }
            try await inner.appendLogs(token, lines)
        }
        return gateway
    }

    private func run(_ body: @escaping Handler.Body, _ test: (Bench) async throws -> Void) async throws {
        try await Bench.run { bench in
            let worker = bench.worker(
                [Handler(kind: "test", body: body)], slots: 20, gateway: strict(bench.engine))
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
