import LonghaulPlatform

/// A host with or without a port, as in the `Host` field and in URLs.
public struct HTTPAuthority: Sendable, Hashable {
    /// The name or address in lower case, without the brackets of an IPv6 address.
    public let host: String
    /// The port; nil if none was given.
    public let port: UInt16?

    /// Parses `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`. Nil for anything else, such as user names and paths.
    public init?(_ text: some StringProtocol) {
        let parts: (host: Substring, rest: Substring)
        let text = text.lowercased()[...]
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            parts = (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(parts.host), &address) == 1 else { return nil }
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            parts = (text[..<end], text[end...])
            guard parts.host.utf8.allSatisfy(Self.isNameByte) else { return nil }
        }
        guard !parts.host.isEmpty else { return nil }
        host = String(parts.host)
        if parts.rest.isEmpty {
            port = nil
        } else {
            let digits = parts.rest.dropFirst()
            guard parts.rest.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt16(digits)
            else { return nil }
            port = number
        }
    }

    /// Whether the host is `localhost`, an address in 127.0.0.0/8, or ::1.
    public var isLoopback: Bool {
        if host == "localhost" { return true }
        var version4 = in_addr()
        if inet_pton(AF_INET, host, &version4) == 1 { return UInt32(bigEndian: version4.s_addr) >> 24 == 127 }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, host, &version6) == 1 else { return false }
        return withUnsafeBytes(of: version6) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}
