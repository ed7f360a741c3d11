import LonghaulServer

/// The dashboard.
extension Options {
    static let traceLink = Option.optional(
        "trace-link", "URL", .traceLink, setting: true, fallback: "the dashboard shows the trace ID as text",
        "The URL of a trace in another program, with {trace_id} in place of its ID, such as "
            + "https://jaeger.example/trace/{trace_id}. The dashboard links jobs to their traces.")
}

extension ValueReader where Value == TraceLink {
    /// A template of links to traces.
    static let traceLink = ValueReader(shape: .text) { text throws(BadValue) in
        guard let link = TraceLink(text) else {
            throw BadValue(
                expected: "an http or https URL with \(TraceLink.placeholder), such as "
                    + "https://jaeger.example/trace/\(TraceLink.placeholder)", got: text)
        }
        return link
    }
}
