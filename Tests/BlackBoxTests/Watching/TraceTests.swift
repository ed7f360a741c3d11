import Foundation
import LonghaulHTTP
import Synchronization
import Testing

/// Traces and logs of the built binary.
@Suite struct TraceTests {
    /// What a collector was sent.
    private final class Collector: Sendable {
        private let bodies = Mutex<[[UInt8]]>([])

        /// Every span.
        var spans: [[String: Any]] {
            bodies.withLock { $0 }
                .map { (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any] ?? [:] }
                .flatMap { $0["resourceSpans"] as? [[String: Any]] ?? [] }
                .flatMap { $0["scopeSpans"] as? [[String: Any]] ?? [] }
                .flatMap { $0["spans"] as? [[String: Any]] ?? [] }
        }

        func span(_ name: String) -> [String: Any]? { spans.first { $0["name"] as? String == name } }

        func take(_ request: HTTPRequest) async -> HTTPResponse {
            let bytes = (try? await request.body.collect(upTo: 1 << 24)) ?? []
            bodies.withLock { $0.append(bytes) }
            return .text(200, "{}")
        }
    }

    private static let traceID = "0af7651916cd43dd8448eb211c80319c"

    @Test func oneTraceLeadsFromTheSubmitterThroughTheQueueIntoTheProgram() async throws {
        let collector = Collector()
        let http = HTTPServer(configuration: HTTPServerConfiguration()) { await collector.take($0) }
        let address = try http.start()
        let folder = try TemporaryFolder()
        let handlers = try folder.write(
            "handlers.json5",
            #"{ handlers: { "tell": { command: ["sh", "-c", "echo \"\\\"$TRACEPARENT\\\"\" > $LONGHAUL_RESULT"] } } }"#
        )
        let server = try await TestServer(
            "up", in: folder, ["--handlers", handlers, "--otlp-endpoint", address.url])
        let answer = try await server.call(
            "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "tell"}"#,
            headers: ["traceparent": "00-\(Self.traceID)-b7ad6b7169203331-01"])
        let given = try #require(answer["result"] as? String).split(separator: "-")
        #expect(given.count == 4 && given[1] == Self.traceID)
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
        await http.shutdown(grace: .seconds(10))

        #expect(Set(collector.spans.compactMap { $0["traceId"] as? String }) == [Self.traceID])
        let submit = try #require(collector.span("submit tell"))
        #expect(submit["parentSpanId"] as? String == "b7ad6b7169203331")
        let run = try #require(collector.span("run tell"))
        #expect(run["parentSpanId"] as? String == submit["spanId"] as? String)
        #expect(run["spanId"] as? String == String(given[2]))
        #expect(collector.span("wait tell")?["parentSpanId"] as? String == submit["spanId"] as? String)
    }

    @Test func workGoesOnWithoutTheCollector() async throws {
        let server = try await TestServer("serve", ["--otlp-endpoint", "http://127.0.0.1:9"])
        for _ in 0..<5 { _ = try await server.submit(#"{"kind": "a"}"#) }
        try await eventually("the spans are dropped, and counted") {
            let text = String(decoding: try await server.call("GET", "/metrics").body, as: UTF8.self)
            return text.contains(#"longhaul_spans_total{outcome="dropped"} 5"#)
        }
        try await eventually("the log tells of it") { server.process.errorText.contains("warning: ") }
    }

    @Test func aLogForProgramsIsJSONALine() async throws {
        let folder = try TemporaryFolder()
        let handlers = try folder.write(
            "handlers.json5", #"{ handlers: { "bad": { command: ["false"] } } }"#)
        let server = try await TestServer(
            "up", in: folder, ["--handlers", handlers, "--log-format", "json", "--name", "w one"])
        let answer = try await server.call(
            "POST", "/v1/jobs?wait_seconds=60", #"{"kind": "bad", "max_attempts": 1}"#,
            headers: ["traceparent": "00-\(Self.traceID)-b7ad6b7169203331-01"])
        let id = try #require(answer["id"] as? String)
        server.process.signal(SIGTERM)
        #expect(try await server.process.exitCode() == 0)
        let lines = try server.process.errorText.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(lines.allSatisfy { $0["at"] is String && $0["message"] is String && $0["level"] is String })
        let failure = try #require(lines.first { $0["job_id"] as? String == id })
        #expect(failure["level"] as? String == "warning" && failure["attempt"] as? Int == 1)
        #expect(failure["worker"] as? String == "w one" && failure["trace_id"] as? String == Self.traceID)
    }

    @Test func theCollectorMayBeNamedTheCommonWay() async throws {
        let folder = try TemporaryFolder()
        let result = try await longhaul(
            ["serve", "--listen", "127.0.0.1:0"], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere"],
            folder: folder.path)
        #expect(result.code == 2)
        #expect(result.errors.contains("OTEL_EXPORTER_OTLP_ENDPOINT: \"nowhere\" is not the URL"))
    }
}
