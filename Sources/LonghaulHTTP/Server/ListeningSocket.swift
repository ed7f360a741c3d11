import CMicroHTTPD
import Glibc

/// Opens the sockets that the threads of a server listen on: one each, all on the same port.
enum ListeningSocket {
    /// Opens the sockets.
    ///
    /// - Returns: The descriptors, which the caller closes, and the port they share.
    /// - Throws: ``HTTPServerError``; an address that anyone listens on is `addressInUse`.
    static func open(
        host: String, port: UInt16, count: Int
    ) throws(HTTPServerError) -> (sockets: [Int32], port: UInt16) {
        var address = try resolve(host, port)
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

        /// The port, in network byte order; it lies at the same place in both families.
        var port: UInt16 {
            withUnsafeBytes(of: storage) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) }
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

    private static func resolve(_ host: String, _ port: UInt16) throws(HTTPServerError) -> Address {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let first = list?.pointee, let found = first.ai_addr else {
            throw HTTPServerError(
                code: .badAddress, detail: "Cannot listen on \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var address = Address(length: first.ai_addrlen)
        withUnsafeMutableBytes(of: &address.storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: found, count: Int(first.ai_addrlen)))
        }
        return address
    }

    /// Opens one socket. The first binds alone, so that an address in use is noticed although the others
    /// then share it; a port that it picked is put into the address.
    private static func open(
        _ address: inout Address, isFirst: Bool, name: String
    ) throws(HTTPServerError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(Int32(address.storage.ss_family), kind, 0)
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

    /// The fault that `errno` tells of.
    private static func fault(_ name: String) -> HTTPServerError {
        let number = errno
        let code: HTTPServerError.Code =
            switch number {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .permissionDenied
            case EADDRNOTAVAIL: .badAddress
            default: .system
            }
        return HTTPServerError(
            code: code, detail: "Cannot listen on \(name): \(String(cString: strerror(number)))")
    }
}
