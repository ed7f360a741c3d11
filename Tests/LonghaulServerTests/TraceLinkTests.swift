import LonghaulServer
import Testing

/// Templates of links to traces.
@Suite struct TraceLinkTests {
    @Test(arguments: [
        "https://jaeger.example/trace/{trace_id}", "http://127.0.0.1:16686/trace/{trace_id}?uiEmbed=v0",
        "https://[::1]:3000/explore?left={trace_id}&org=1", "https://grafana.example#{trace_id}",
    ])
    func aURLWithThePlaceholderIsATemplate(text: String) {
        #expect(TraceLink(text)?.template == text)
    }

    @Test(arguments: [
        "", "{trace_id}", "https://jaeger.example/trace/", "https://jaeger.example/trace/{traceid}",
        "javascript:alert('{trace_id}')", "ftp://jaeger.example/{trace_id}", "//jaeger.example/{trace_id}",
        "https://{trace_id}.example/", "https:///{trace_id}", "https://user:word@jaeger.example/{trace_id}",
        "https://jaeger.example/a b/{trace_id}", "https://jaeger.example/\"{trace_id}",
        "https://jaeger.example/\u{E9}/{trace_id}", "https://jaeger.example:99999/{trace_id}",
        "https://jaeger.example/\(String(repeating: "a", count: 2000)){trace_id}",
    ])
    func anyOtherTextIsRefused(text: String) {
        #expect(TraceLink(text) == nil)
    }
}
