extension TraceContext {
    /// Parses a trace header of either kind: a W3C `traceparent`, or an `X-Amzn-Trace-Id` of AWS X-Ray such as
    /// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`. Nil for any other text.
    ///
    /// The ID of an X-Ray trace is that of the W3C trace with two hyphens. A header without `Parent` names no span; the span
    /// then has the last eight bytes of the trace as its ID.
    public init?(header text: String) {
        guard text.contains("Root=") else {
            self.init(traceparent: text)
            return
        }
        var fields: [Substring: Substring] = [:]
        for field in text.split(separator: ";") {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[parts[0].drop { $0 == " " }] = parts[1]
        }
        let root = fields["Root"]?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard root.count == 3, root[0] == "1", root[1].utf8.count == 8, root[2].utf8.count == 24 else {
            return nil
        }
        let span = fields["Parent"] ?? root[2].suffix(16)
        self.init(traceparent: "00-\(root[1])\(root[2])-\(span)-\(fields["Sampled"] == "0" ? "00" : "01")")
    }
}
