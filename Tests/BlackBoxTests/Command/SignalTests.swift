import Foundation
import LonghaulTestSupport
import Testing

/// Signals to a worker that runs a job.
@Suite struct SignalTests {
    @Test func secondSignalEndsAWorkerAtOnce() async throws {
        let server = try await TestServer()
        let handlers = try server.folder.write(
            "handlers.json5", "{ handlers: { slow: { command: ['sleep', '600'] } } }")
        let worker = try LonghaulProcess([
            "worker", "--server", server.address, "--handlers", handlers, "--queues", "default=1",
            "--shutdown-grace", "300",
        ])
        let id = try await server.submit(#"{"kind": "slow"}"#)
        try await eventually("the job runs: \(worker.errorText)") {
            try await server.call("GET", "/v1/jobs/\(id)").string("state") == "processing"
        }
        worker.signal(SIGTERM)
        try await eventually("the worker stops: \(worker.errorText)") {
            worker.errorText.contains("SIGTERM: stopping")
        }
        #expect(try await server.call("GET", "/v1/jobs/\(id)").string("state") == "processing")
        // A signal right after the first one is a repetition, so the test sends several.
        let signals = Task {
            while !Task.isCancelled {
                worker.signal(SIGTERM)
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        defer { signals.cancel() }
        #expect(try await worker.exitCode() == 143)
    }

    @Test func hangupEndsNeitherServerNorWorkerNorAutoscaler() async throws {
        let server = try await TestServer()
        let handlers = try server.folder.write(
            "handlers.json5", "{ handlers: { slow: { command: ['sleep', '600'] } } }")
        let client = ["--server", server.address, "--handlers", handlers]
        let others = [
            try LonghaulProcess(["worker"] + client), try LonghaulProcess(["autoscale"] + client),
        ]
        for (process, word) in zip(others, ["working on", "watching default"]) {
            try await eventually("it runs: \(process.errorText)") { process.errorText.contains(word) }
        }
        for process in [server.process] + others {
            process.signal(SIGHUP)
            try await eventually("it logs the signal: \(process.errorText)") {
                process.errorText.contains("SIGHUP: nothing to reload")
            }
            #expect(process.isRunning)
            process.signal(SIGTERM)
            #expect(try await process.exitCode() == 0)
        }
    }
}
