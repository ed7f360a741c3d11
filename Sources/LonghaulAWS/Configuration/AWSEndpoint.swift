import LonghaulHTTP

/// The scheme, host and port of a service.
public struct AWSEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// `https` or `http`.
    public let scheme: String
    /// The host in lower case, with brackets around an IPv6 address.
    public let host: String
    /// The port; nil for that of the scheme.
    public let port: UInt16?

    private init(scheme: String, host: String, port: UInt16?) {
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
    }

    /// A host with HTTPS on the usual port.
    public init(host: String) {
        self.init(scheme: "https", host: host, port: nil)
    }

    /// Parses `http://HOST[:PORT]` or `https://HOST[:PORT]`, with or without a slash at the end.
    ///
    /// - Throws: ``AWSError`` `configuration` for any other text. The message does not repeat it.
    public init(_ url: String) throws(AWSError) {
        let invalid = AWSError(
            .configuration,
            "the endpoint must be http://HOST, https://HOST or the same with :PORT, and no path")
        guard let mark = url.firstRange(of: "://") else { throw invalid }
        let scheme = url[..<mark.lowerBound].lowercased()
        var authority = url[mark.upperBound...]
        if authority.hasSuffix("/") { authority.removeLast() }
        guard scheme == "http" || scheme == "https", let parsed = HTTPAuthority(String(authority)) else {
            throw invalid
        }
        let host = parsed.host.contains(":") ? "[\(parsed.host)]" : parsed.host
        let usual: UInt16 = scheme == "https" ? 443 : 80
        self.init(scheme: scheme, host: host, port: parsed.port == usual ? nil : parsed.port)
    }

    /// The host and the port, as in the `Host` field of a request.
    public var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// The URL without a path.
    public var description: String { "\(scheme)://\(authority)" }

    /// Whether the host is an IP address or `localhost`, below which no host names exist.
    public var isAddress: Bool {
        host == "localhost" || host.hasPrefix("[")
            || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
    }

    /// The endpoint of a name below this host.
    public func adding(label: String) -> AWSEndpoint {
        AWSEndpoint(scheme: scheme, host: label + "." + host, port: port)
    }

    /// The host of a service in a region.
    public static func standard(_ service: String, region: String) -> AWSEndpoint {
        AWSEndpoint(host: "\(service).\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : ""))
    }
}
