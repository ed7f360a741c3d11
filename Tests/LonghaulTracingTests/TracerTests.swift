import LonghaulCore
import LonghaulTestSupport
import LonghaulTracing
import Testing

/// Sending spans to a collector.
struct TracerTests {
    private func tracer(
        _ endpoint: String, notes: Recorder<Note> = Recorder(),
        _ change: (inout Tracer.Configuration) -> Void = { _ in }
    ) throws -> Tracer {
        var configuration = Tracer.Configuration(endpoint: endpoint, service: "test", version: "1")
        configuration.intervalSeconds = 0.02
        change(&configuration)
        return try Tracer(configuration) { notes.add($0) }
    }

    private func span(_ name: String, _ tracer: Tracer) -> Span {
        let now = Timestamp(milliseconds: 1_764_000_000_123)
        return Span(
            name, .inside, context: tracer.begin(under: nil), parent: nil, start: now,
            end: now.adding(seconds: 2))
    }

    @Test func spanArrivesUnchanged() async throws {
        try await TraceCollector.run { collector, url in
            let tracer = try tracer(url + "/")
            tracer.start()
            let parent = TraceContext(random: SystemRandom())
            var span = span("run \"x\"", tracer)
            span.parent = parent
            span.context = tracer.begin(under: parent)
            span.attributes = ["b": "2", "a": "é"]
            span.fault = "it broke"
            tracer.record(span)
            try await eventually("the span arrives") { !collector.spans.isEmpty }
            let got = try #require(collector.spans.first)
            #expect(got.name == "run \"x\"" && got.kind == 1 && got.service == "test")
            #expect(got.traceID == parent.traceID.description && got.traceID.count == 32)
            #expect(got.spanID == span.context.spanText && got.parentID == parent.spanText)
            #expect(got.start == 1_764_000_000_123_000_000 && got.end == 1_764_000_002_123_000_000)
            #expect(got.attributes == ["a": "é", "b": "2"])
            #expect(got.status == 2 && got.message == "it broke")
            await tracer.stop()
            #expect(tracer.counts.sent == 1 && tracer.counts.dropped == 0)
        }
    }

    @Test func lastSpansAreSentAtTheStop() async throws {
        try await TraceCollector.run { collector, url in
            let tracer = try tracer(url) { $0.intervalSeconds = 3600 }
            tracer.start()
            for number in 0..<1200 { tracer.record(span("s\(number)", tracer)) }
            await tracer.stop()
            #expect(Set(collector.spans.map(\.name)).count == 1200)
            #expect(collector.requestCount <= 5)
        }
    }

    @Test func aFullBatchIsSentBeforeTheInterval() async throws {
        try await TraceCollector.run { collector, url in
            let tracer = try tracer(url) {
                $0.intervalSeconds = 3600
                $0.batch = 2
            }
            tracer.start()
            for number in 0..<2 {
                // Only so that the tracer most likely waits.
                try await Task.sleep(for: .milliseconds(20))
                tracer.record(span("s\(number)", tracer))
            }
            try await eventually("the batch has arrived") { collector.spans.count == 2 }
            await tracer.stop()
        }
    }

    @Test func rejectedSpansAreDroppedAndCounted() async throws {
        try await TraceCollector.run { collector, url in
            collector.answer(503)
            let notes = Recorder<Note>()
            let tracer = try tracer(url, notes: notes)
            tracer.start()
            tracer.record(span("lost", tracer))
            try await eventually("the span is dropped") { tracer.counts.dropped == 1 }
            collector.answer(200)
            tracer.record(span("kept", tracer))
            try await eventually("the next one arrives") { tracer.counts.sent == 1 }
            #expect(collector.spans.map(\.name) == ["kept"])
            await tracer.stop()
            #expect(notes.values.first?.level == .warning)
            #expect(notes.values.first?.message.contains("status 503") == true)
        }
    }

    @Test func spansBeyondTheCapacityAreDropped() async throws {
        let tracer = try tracer("http://127.0.0.1:9") { $0.capacity = 10 }
        for _ in 0..<15 { tracer.record(span("s", tracer)) }
        #expect(tracer.counts.dropped == 5)
        await tracer.stop()
        #expect(tracer.counts.sent == 0 && tracer.counts.dropped == 15)
    }

    @Test func unsampledTraceIsNotRecorded() async throws {
        try await TraceCollector.run { collector, url in
            let tracer = try tracer(url)
            let parent = try #require(
                TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"))
            var span = span("s", tracer)
            span.context = tracer.begin(under: parent)
            tracer.record(span)
            await tracer.stop()
            #expect(collector.requestCount == 0)
        }
    }

    @Test func settingsOfTheProcessAreSent() async throws {
        try await TraceCollector.run(path: "/own/path") { collector, url in
            let tracer = try tracer("http://127.0.0.1:9") {
                $0.tracesEndpoint = url + "/own/path"
                $0.headers = ["api-key": "k1", "content-type": "text/plain"]
                $0.resource["service.name"] = "shop"
                $0.resource["host.name"] = "é"
            }
            var span = span("s", tracer)
            let cause = TraceContext(random: SystemRandom())
            span.links = [cause]
            span.numbers = ["messaging.batch.message_count": 3]
            tracer.record(span)
            await tracer.stop()
            let got = try #require(collector.spans.first)
            #expect(got.service == "shop" && got.resource["host.name"] == "é")
            #expect(got.resource["telemetry.sdk.name"] == "longhaul")
            #expect(got.links == [cause.spanText])
            #expect(got.attributes["messaging.batch.message_count"] == "3")
            #expect(collector.header("api-key") == ["k1"])
            #expect(collector.header("Content-Type") == ["application/json"])
        }
    }

    @Test func invalidEndpointURLIsRejected() {
        #expect(throws: LonghaulError.self) { try tracer("collector:4318") }
    }
}
