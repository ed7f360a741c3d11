import LonghaulCore

/// The receivers to which the server may send webhooks.
///
/// By default: https, the ports 443 and 8443, and public addresses. Further receivers are allowed by name or address, so
/// that a caller cannot make the server send requests into its own network.
///
/// ```swift
/// let destinations = try WebhookDestinations(allowing: ["hooks.internal.example", "http://10.1.0.0/16"])
/// destinations.rejection(of: "http://10.1.2.3:9000/done")  // nil
/// ```
public struct WebhookDestinations: Sendable, Hashable {
    /// An allowed receiver.
    private struct Entry: Sendable, Hashable {
        enum Receiver: Sendable, Hashable {
            /// A host of this name.
            case host(String)
            /// Any host below this name, which begins with a dot.
            case hosts(String)
            case any
            case addresses(AddressRange)
        }

        let receiver: Receiver
        /// Whether plain HTTP is allowed as well.
        let allowsHTTP: Bool

        func allows(_ url: Target, _ address: IPAddress?) -> Bool {
            guard allowsHTTP || url.isSecure else { return false }
            switch receiver {
            case .host(let name): return url.host == name
            case .hosts(let end): return url.host.hasSuffix(end)
            case .any: return true
            // The address of a name is only known when the client connects.
            case .addresses(let range): return address.map(range.contains) ?? true
            }
        }
    }

    /// The parts of a URL that decide.
    private struct Target {
        let isSecure: Bool
        let host: String
        let port: Int

        init?(_ url: String) {
            guard CallbackURL.fault(in: url) == nil, let mark = url.firstRange(of: "://") else { return nil }
            isSecure = url[..<mark.lowerBound].lowercased() == "https"
            let authority = url[mark.upperBound...].prefix { !"/?#".contains($0) }.lowercased()
            var host: Substring
            var port: Substring
            if authority.hasPrefix("[") {
                host = authority.dropFirst().prefix { $0 != "]" }
                port = authority.dropFirst(host.count + 2)
            } else {
                host = authority.prefix { $0 != ":" }
                port = authority.dropFirst(host.count)
            }
            if host.hasSuffix(".") { host.removeLast() }
            self.host = String(host)
            port = port.dropFirst()
            self.port = Int(port) ?? (isSecure ? 443 : 80)
        }

        var hasUsualPort: Bool { (isSecure ? [443, 8443] : [80, 8080]).contains(port) }
        var isLocalName: Bool { host == "localhost" || host.hasSuffix(".localhost") }
    }

    private let entries: [Entry]

    /// The default receivers and further ones.
    ///
    /// - Parameter texts: for each a host name, `*.` and the end of host names, `*` for any host, or a range of addresses in
    ///   CIDR notation. With `http://` in front, plain HTTP is allowed as well.
    /// - Throws: ``WebhookSettingError``.
    public init(allowing texts: [String] = []) throws(WebhookSettingError) {
        var entries: [Entry] = []
        for text in texts { entries.append(try Self.entry(text)) }
        self.entries = entries
    }

    private static func entry(_ text: String) throws(WebhookSettingError) -> Entry {
        let lower = text.lowercased()
        let allowsHTTP = lower.hasPrefix("http://")
        let name = allowsHTTP ? String(lower.dropFirst("http://".count)) : lower
        func isName(_ name: some StringProtocol) -> Bool {
            !name.contains("/") && CallbackURL.fault(in: "https://\(name)") == nil && !name.contains(":")
        }
        let receiver: Entry.Receiver
        if let range = AddressRange(name) {
            receiver = .addresses(range)
        } else if let address = AddressRange("\(name)/\(name.contains(":") ? 128 : 32)") {
            receiver = .addresses(address)
        } else if name == "*" {
            receiver = .any
        } else if name.hasPrefix("*."), isName(name.dropFirst(2)) {
            receiver = .hosts(String(name.dropFirst()))
        } else if isName(name) {
            receiver = .host(name)
        } else {
            throw WebhookSettingError(
                "expected a host name, *.NAME, *, or a range of addresses such as 10.0.0.0/8, each with or without "
                    + "http:// in front, got \"\(text)\"")
        }
        return Entry(receiver: receiver, allowsHTTP: allowsHTTP)
    }

    /// Why the server sends no webhook to a URL, as far as the URL shows it; nil if it may send it.
    public func rejection(of url: String) -> String? {
        guard let target = Target(url) else { return CallbackURL.fault(in: url) }
        return rejection(of: target, at: IPAddress(host: target.host))
    }

    /// Why the server does not connect to an address of the URL's host; nil if it may connect.
    public func rejection(of url: String, at address: String) -> String? {
        guard let target = Target(url) else { return CallbackURL.fault(in: url) }
        guard let address = IPAddress(address) else { return "\(address) is not an IP address" }
        return rejection(of: target, at: address)
    }

    private func rejection(of target: Target, at address: IPAddress?) -> String? {
        if entries.contains(where: { $0.allows(target, address) }) { return nil }
        guard target.isSecure else { return "must use https: plain HTTP is not allowed for this host" }
        guard target.hasUsualPort else {
            return "must use port 443 or 8443: other ports are not allowed for this host"
        }
        if target.isLocalName || address?.isGlobal == false {
            return "must lead to a public address: private and special addresses are not allowed"
        }
        return nil
    }
}

/// A setting of webhooks that is invalid.
public struct WebhookSettingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
