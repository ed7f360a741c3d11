import LonghaulHTTP

/// The origin of a web page: scheme, host and port.
public struct WebOrigin: Sendable, Hashable {
    private let isSecure: Bool
    private let host: String
    private let port: UInt16

    init(isSecure: Bool, _ authority: HTTPAuthority) {
        self.isSecure = isSecure
        host = authority.host
        port = authority.port ?? (isSecure ? 443 : 80)
    }

    /// Parses an origin such as `https://app.example.com`, as in an `Origin` field. Nil for `null` and for anything that
    /// is not `http` or `https`.
    public init?(_ text: String) {
        for (prefix, isSecure) in [("http://", false), ("https://", true)] where text.hasPrefix(prefix) {
            guard let authority = HTTPAuthority(text.dropFirst(prefix.count)) else { return nil }
            self.init(isSecure: isSecure, authority)
            return
        }
        return nil
    }
}
