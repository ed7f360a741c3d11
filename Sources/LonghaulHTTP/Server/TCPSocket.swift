import CMicroHTTPD
import LonghaulPlatform

/// Opens the listening sockets of a host and a port: one for each event loop, all on the same port.
enum TCPSocket {
    /// Opens the sockets.
    ///
    /// - Returns: the descriptors, which the caller must close, and their port.
    /// - Throws: ``HTTPServerError``, such as `addressInUse` if another socket listens on the address.
    static func open(
        host: String, port: UInt16, count: Int, loopbackOnly: Bool = false
    ) throws(HTTPServerError) -> (sockets: [Int32], port: UInt16) {
        let addresses = try resolve(host, port)
        if loopbackOnly, let other = addresses.first(where: { !$0.isLoopback }) {
            throw HTTPServerError(
                code: .notLoopback,
                detail: "Cannot listen on \(host): \(other.text) is not a loopback address")
        }
        var address = addresses[0]
        var sockets: [Int32] = []
        do {
            for _ in 0..<count {
                let socket = try open(&address, isFirst: sockets.isEmpty, name: "\(host):\(port)")
                sockets.append(socket)
            }
        } catch {
            for socket in sockets { close(socket) }
            throw error
        }
        return (sockets, UInt16(bigEndian: address.port))
    }

    /// A socket address of either family.
    private struct Address {
        var storage = sockaddr_storage()
        var length: socklen_t

        /// The port in network byte order, which has the same offset in both families.
        var port: UInt16 {
            withUnsafeBytes(of: storage) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) }
        }

        /// The numeric address.
        var text: String {
            withUnsafePointer(to: storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { SocketAddress.text(of: $0) ?? "" }
            }
        }

        var isLoopback: Bool {
            let text = text.contains(":") ? "[\(text)]" : text
            return HTTPAuthority(text)?.isLoopback == true
        }

        /// Calls a C function with the address.
        mutating func with<Result>(
            _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
        ) -> Result {
            withUnsafeMutablePointer(to: &storage) { [length] storage in
                var length = length
                return storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
            }
        }
    }

    /// All addresses of a host, at least one.
    private static func resolve(_ host: String, _ port: UInt16) throws(HTTPServerError) -> [Address] {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = longhaul_stream_type()
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, list != nil else {
            throw HTTPServerError(
                code: .badAddress, detail: "Cannot listen on \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [Address] = []
        var next = list
        while let entry = next?.pointee {
            var address = Address(length: entry.ai_addrlen)
            withUnsafeMutableBytes(of: &address.storage) {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen)))
            }
            addresses.append(address)
            next = entry.ai_next
        }
        return addresses
    }

    /// Opens a socket. The first one binds exclusively, which detects an address in use, although the others then share it. The
    /// port that the system chose is stored in the address.
    private static func open(
        _ address: inout Address, isFirst: Bool, name: String
    ) throws(HTTPServerError) -> Int32 {
        let descriptor = longhaul_stream_socket(Int32(address.storage.ss_family))
        guard descriptor >= 0 else { throw fault(name) }
        var isOpen = setsOption(descriptor, SO_REUSEADDR) && (isFirst || setsOption(descriptor, SO_REUSEPORT))
        isOpen = isOpen && address.with { bind(descriptor, $0, $1.pointee) } == 0
        if isFirst {
            isOpen = isOpen && setsOption(descriptor, SO_REUSEPORT)
            isOpen = isOpen && address.with { getsockname(descriptor, $0, $1) } == 0
        }
        guard isOpen, listen(descriptor, 4_096) == 0 else {
            let fault = fault(name)
            close(descriptor)
            throw fault
        }
        return descriptor
    }

    private static func setsOption(_ descriptor: Int32, _ option: Int32) -> Bool {
        var one: Int32 = 1
        return setsockopt(descriptor, SOL_SOCKET, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// Converts `errno` to an error.
    static func fault(_ name: String) -> HTTPServerError {
        let number = errno
        let code: HTTPServerError.Code =
            switch number {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .permissionDenied
            case EADDRNOTAVAIL, ENOENT, ENOTDIR: .badAddress
            default: .system
            }
        return HTTPServerError(
            code: code, detail: "Cannot listen on \(name): \(String(cString: strerror(number)))")
    }
}
