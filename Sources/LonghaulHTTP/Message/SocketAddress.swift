import CMicroHTTPD
import LonghaulPlatform

/// The address of a socket.
enum SocketAddress {
    /// The numeric IP address as text; nil for other addresses.
    static func text(of address: UnsafePointer<sockaddr>?) -> String? {
        guard let address else { return nil }
        return text(at: address, family: Int32(address.pointee.sa_family))
    }

    /// The numeric IP address in a `sockaddr` of this family, as text; nil for other addresses.
    static func text(at address: UnsafeRawPointer, family: Int32) -> String? {
        let offset: Int? =
            switch family {
            case AF_INET: MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)
            case AF_INET6: MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
            default: nil
            }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard let offset,
            let found = inet_ntop(family, address + offset, &text, socklen_t(text.count))
        else { return nil }
        return String(cString: found)
    }
}
