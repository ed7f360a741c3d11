import Glibc

/// An IP address.
public struct IPAddress: Sendable, Hashable {
    /// The bytes: 4 for IPv4, 16 for IPv6.
    let bytes: [UInt8]

    /// Parses the text form of an address, without brackets. Nil for any other text.
    init?(_ text: String) {
        var version4 = in_addr()
        var version6 = in6_addr()
        if inet_pton(AF_INET, text, &version4) == 1 {
            bytes = withUnsafeBytes(of: version4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &version6) == 1 {
            bytes = withUnsafeBytes(of: version6) { Array($0) }
        } else {
            return nil
        }
    }

    /// The address that the host of a URL is; nil for a name.
    ///
    /// It accepts all forms of IPv4 that the system's resolver accepts, such as `127.1` and `0x7f000001`.
    init?(host: String) {
        if let address = IPAddress(host) {
            self = address
            return
        }
        var version4 = in_addr()
        guard inet_aton(host, &version4) != 0 else { return nil }
        bytes = withUnsafeBytes(of: version4) { Array($0) }
    }

    /// Whether it is a global unicast address: one of a host in the public internet.
    ///
    /// Private, shared, loopback, link-local, multicast, documentation and reserved addresses are not. Neither are IPv6
    /// addresses that contain an IPv4 address (IPv4-mapped, NAT64, 6to4, Teredo), because they can lead to a private one.
    var isGlobal: Bool {
        if bytes.count == 4 { return !Self.special4.contains { $0.contains(self) } }
        return Self.global6.contains { $0.contains(self) } && !Self.special6.contains { $0.contains(self) }
    }

    private static let special4 = ranges(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")
    private static let global6 = ranges("2000::/3")
    private static let special6 = ranges("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

    private static func ranges(_ texts: String...) -> [AddressRange] { texts.compactMap { AddressRange($0) } }
}

/// A range of IP addresses in CIDR notation.
struct AddressRange: Sendable, Hashable {
    private let first: IPAddress
    private let prefixLength: Int

    /// Parses `ADDRESS/BITS`. Nil for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = IPAddress(String(parts[0])),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]),
            length <= first.bytes.count * 8
        else { return nil }
        self.first = first
        prefixLength = length
    }

    /// Whether an address is in the range.
    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes[..<whole] == first.bytes[..<whole] else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        return (address.bytes[whole] ^ first.bytes[whole]) >> UInt8(8 - rest) == 0
    }
}
