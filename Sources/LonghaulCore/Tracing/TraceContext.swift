/// A W3C trace context: a trace, and a span in it.
public struct TraceContext: Sendable, Hashable {
    /// The ID of the trace: sixteen bytes, not all zero.
    public let traceID: TraceID
    /// The ID of the span, not zero.
    public let spanID: UInt64
    /// Whether the caller that started the trace wants it recorded.
    public let isSampled: Bool

    /// The ID of a trace.
    public struct TraceID: Sendable, Hashable, CustomStringConvertible {
        /// The first eight bytes.
        public let high: UInt64
        /// The last eight bytes.
        public let low: UInt64

        /// 32 hexadecimal digits.
        public var description: String { Hexadecimal.text(high) + Hexadecimal.text(low) }
    }

    /// A new trace with its first span.
    public init(random: any RandomSource) {
        traceID = TraceID(high: random.next(), low: Self.identifier(random))
        spanID = Self.identifier(random)
        isSampled = true
    }

    private init(traceID: TraceID, spanID: UInt64, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// A new span of the same trace.
    public func child(random: any RandomSource) -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.identifier(random), isSampled: isSampled)
    }

    /// The ID of the span as 16 hexadecimal digits.
    public var spanText: String { Hexadecimal.text(spanID) }

    private static func identifier(_ random: any RandomSource) -> UInt64 {
        max(1, random.next())
    }
}

extension TraceContext {
    /// The text of the `traceparent` header.
    public var traceparent: String { "00-\(traceID)-\(spanText)-\(isSampled ? "01" : "00")" }

    /// Parses a `traceparent`. Nil if it is malformed; it is then ignored.
    public init?(traceparent text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let version = Hexadecimal.value(parts[0], digits: 2), version != 0xFF,
            // A later version may have more parts; version 0 has four.
            version != 0 || parts.count == 4,
            let high = Hexadecimal.value(parts[1].prefix(16), digits: 16),
            let low = Hexadecimal.value(parts[1].dropFirst(16), digits: 16), high != 0 || low != 0,
            let spanID = Hexadecimal.value(parts[2], digits: 16), spanID != 0,
            let flags = Hexadecimal.value(parts[3], digits: 2)
        else { return nil }
        self.init(traceID: TraceID(high: high, low: low), spanID: spanID, isSampled: flags & 1 == 1)
    }
}

/// Lower-case hexadecimal. A trace context has no other form.
private enum Hexadecimal {
    static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func value(_ text: Substring, digits: Int) -> UInt64? {
        guard text.utf8.count == digits,
            text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        return UInt64(text, radix: 16)
    }
}
