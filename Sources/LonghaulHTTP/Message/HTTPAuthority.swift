import LonghaulPlatform

/// A host with or without a port, as in the `Host` field and in URLs.
public struct HTTPAuthority: Sendable, Hashable {
    /// The name or address in lower case, without the brackets of an IPv6 address.
    public let host: String
    /// The port; nil if none was given.
    public let port: UInt16?

    /// Parses `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`. Nil for anything else, such as user names and paths.
    public init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        let bytes = text.utf8
        let rest: Substring.UTF8View
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = String(text[bytes.index(after: bytes.startIndex)..<end])
            rest = bytes[bytes.index(after: end)...]
            var address = in6_addr()
            guard inet_pton(AF_INET6, host, &address) == 1 else { return nil }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            guard bytes[..<end].allSatisfy(Self.isNameByte) else { return nil }
            host = end == bytes.endIndex ? text : String(text[..<end])
            rest = bytes[end...]
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty {
            port = nil
        } else {
            let digits = rest.dropFirst()
            guard rest.first == UInt8(ascii: ":"), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt16(Substring(digits))
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
