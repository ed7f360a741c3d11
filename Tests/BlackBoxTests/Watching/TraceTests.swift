import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Traces and logs of the built binary.
@Suite struct TraceTests {
    private static let traceID = "0af7651916cd43dd8448eb211c80319c"

    @Test func traceContinuesFromTheSubmissionIntoTheProgram() async throws {
        try await TraceCollector.run { collector, url in
            let folder = try TemporaryFolder()
            let handlers = try folder.write(
                "handlers.json5",
                #"{ handlers: { "tell": { command: ["sh", "-c", "echo \"\\\"$TRACEPARENT\\\"\" > $LONGHAUL_RESULT"] } } }"#
            )
            let server = try await TestServer(
                "up", in: folder, ["--handlers", handlers, "--otlp-endpoint", url])
            let answer = try await server.call(
                "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "tell"}"#,
                headers: ["traceparent": "00-\(Self.traceID)-b7ad6b7169203331-01"])
            let given = try answer.string("result").split(separator: "-")
            #expect(given.count == 4 && given[1] == Self.traceID)
            server.process.signal(SIGTERM)
            #expect(try await server.process.exitCode() == 0)

            #expect(Set(collector.spans.map(\.traceID)) == [Self.traceID])
            func span(_ name: String) throws -> TraceCollector.Span {
                try #require(collector.spans.first { $0.name == name })
            }
            let submit = try span("submit tell")
            #expect(submit.parentID == "b7ad6b7169203331")
            let run = try span("run tell")
            #expect(run.parentID == submit.spanID && run.spanID == String(given[2]))
            #expect(try span("wait tell").parentID == submit.spanID)
        }
    }

    @Test func standardVariablesApplyToServersAndWorkers() async throws {
        try await TraceCollector.run(path: "/otlp/spans") { collector, url in
            let folder = try TemporaryFolder()
            let handlers = try folder.write(
                "handlers.json5",
                #"{ handlers: { "a": { command: ["true"] }, "bad": { command: ["false"] } } }"#)
            let environment = [
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url + "/otlp/spans",
                "OTEL_EXPORTER_OTLP_HEADERS": "x-key=top%20secret",
                "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=pr%C3%B6d",
            ]
            let server = try await TestServer("serve", in: folder, environment: environment)
            let worker = try LonghaulProcess(
                ["worker", "--server", server.address, "--handlers", handlers],
                environment: environment.merging(["OTEL_SERVICE_NAME": "resizer"]) { $1 }, folder: folder.path
            )
            let good = try await server.call("POST", "/v1/jobs?wait_seconds=60", #"{"kind": "a"}"#)
            let bad = #"{"kind": "bad", "max_attempts": 1}"#
            _ = try await server.call("POST", "/v1/jobs?wait_seconds=60", bad)
            _ = try await server.call("POST", "/v1/jobs/batch", #"{"jobs": [{"kind": "x"}, {"kind": "y"}]}"#)
            for process in [worker, server.process] {
                process.signal(SIGTERM)
                #expect(try await process.exitCode() == 0)
            }
            func span(_ name: String) throws -> TraceCollector.Span {
                try #require(collector.spans.first { $0.name == name })
            }
            let submit = try span("submit a")
            #expect(submit.service == "longhaul-server" && submit.kind == 4)
            #expect(submit.resource["deployment.environment.name"] == "pröd")
            #expect(submit.attributes["messaging.system"] == "longhaul")
            #expect(submit.attributes["messaging.operation.type"] == "send")
            #expect(submit.attributes["messaging.destination.name"] == "default")
            #expect(try submit.attributes["messaging.message.id"] == good.string("id"))
            let run = try span("run a")
            #expect(run.service == "resizer" && run.kind == 5 && run.links == [submit.spanID])
            #expect(run.attributes["messaging.operation.type"] == "process")
            #expect(try span("run bad").attributes["error.type"] == "exit_1")
            #expect(try span("submit batch").attributes["messaging.batch.message_count"] == "2")
            #expect(collector.header("x-key") == ["top secret"])
            #expect(!(worker.errorText + server.process.errorText).contains("secret"))
        }
    }

    @Test func disabledTracesAreNotSent() async throws {
        try await TraceCollector.run { collector, url in
            let server = try await TestServer(
                "serve", environment: ["OTEL_SDK_DISABLED": "true"], ["--otlp-endpoint", url])
            _ = try await server.submit(#"{"kind": "a"}"#)
            server.process.signal(SIGTERM)
            #expect(try await server.process.exitCode() == 0)
            #expect(collector.requestCount == 0)
        }
    }

    @Test func serverWorksWithoutACollector() async throws {
        let server = try await TestServer("serve", ["--otlp-endpoint", "http://127.0.0.1:9"])
        for _ in 0..<5 { _ = try await server.submit(#"{"kind": "a"}"#) }
        try await eventually("the spans are dropped, and counted") {
            let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
            return text.contains(#"longhaul_spans_total{outcome="dropped"} 5"#)
        }
        try await eventually("the log has a warning") { server.process.errorText.contains("warning: ") }
    }

    @Test func jsonLogHasOneObjectPerLine() async throws {
        let folder = try TemporaryFolder()
        let handlers = try folder.write(
            "handlers.json5", #"{ handlers: { "bad": { command: ["false"] } } }"#)
        let server = try await TestServer(
            "up", in: folder, ["--handlers", handlers, "--log-format", "json", "--name", "w one"])
        let answer = try await server.call(
            "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "bad", "max_attempts": 1}"#,
            headers: ["traceparent": "00-\(Self.traceID)-b7ad6b7169203331-01"])
        let id = try answer.string("id")
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
        let lines = try server.process.errorText.split(separator: "\n").map { try JSONValue(parsing: $0) }
        #expect(lines.allSatisfy { $0.has("at") && $0.has("message") && $0.has("level") })
        let failure = try #require(lines.first { $0.has("job_id") })
        #expect(try failure.string("job_id") == id)
        #expect(try failure.string("level") == "warning" && failure.int("attempt") == 1)
        #expect(try failure.string("worker") == "w one" && failure.string("trace_id") == Self.traceID)
    }

    @Test func collectorIsReadFromTheStandardVariable() async throws {
        let folder = try TemporaryFolder()
        let result = try await longhaul(
            ["serve", "--listen", "127.0.0.1:0"], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere"],
            folder: folder.path)
        #expect(result.code == 2)
        #expect(result.errors.contains("OTEL_EXPORTER_OTLP_ENDPOINT: \"nowhere\" is not the URL"))
    }
}
