import LonghaulHTTP

/// A template of links from jobs to their traces in another program, such as Jaeger or Grafana Tempo:
/// `https://jaeger.example/trace/{trace_id}`. The dashboard replaces `{trace_id}`.
public struct TraceLink: Sendable, Hashable {
    /// The part of a template that stands for the ID of a trace.
    public static let placeholder = "{trace_id}"
    private static let maxBytes = 2000

    /// The template.
    public let template: String

    /// Parses a template. Nil if it is not an `http` or `https` URL with `{trace_id}` after the host, or has a user name, a
    /// password or characters that no URL has.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes, text.utf8.allSatisfy(Self.isURLByte),
            let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard HTTPAuthority(rest[..<end]) != nil, rest[end...].contains(Self.placeholder) else { return nil }
        template = text
    }

    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"): false
        default: (0x21...0x7E).contains(byte)
        }
    }
}
