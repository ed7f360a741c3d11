import CMicroHTTPD
import LonghaulPlatform

/// The file of a listening Unix socket.
struct UnixSocketFile: Sendable {
    private let path: String
    /// The identity of the file, so that the server never removes that of another one.
    private let device: dev_t
    private let inode: ino_t

    /// Opens a socket and returns descriptors of it, which share its queue of connections. The caller must close them.
    ///
    /// - Throws: ``HTTPServerError``, such as `addressInUse` if another server listens on the path.
    static func open(
        _ path: String, mode: UInt32, count: Int
    ) throws(HTTPServerError) -> (descriptors: [Int32], file: UnixSocketFile) {
        var address = try self.address(path)
        try removeStaleFile(path, &address)
        let descriptor = longhaul_stream_socket(AF_UNIX)
        guard descriptor >= 0 else { throw TCPSocket.fault(path) }
        // The mode of the descriptor limits that of the new file, so that the file never has more permissions.
        guard fchmod(descriptor, mode) == 0, with(&address, { bind(descriptor, $0, $1) }) == 0 else {
            let fault = TCPSocket.fault(path)
            close(descriptor)
            throw fault
        }
        var status = stat()
        var descriptors = [descriptor]
        while descriptors.count < count {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { break }
            descriptors.append(copy)
        }
        guard descriptors.count >= count, listen(descriptor, 4_096) == 0, chmod(path, mode) == 0,
            stat(path, &status) == 0
        else {
            let fault = TCPSocket.fault(path)
            for descriptor in descriptors { close(descriptor) }
            unlink(path)
            throw fault
        }
        return (descriptors, UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino))
    }

    /// Removes the file, unless it is that of another server.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
        unlink(path)
    }

    /// Removes the file of a server that has ended.
    private static func removeStaleFile(
        _ path: String, _ address: inout sockaddr_un
    ) throws(HTTPServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw HTTPServerError(
                code: .badAddress, detail: "Cannot listen on \(path): it exists and is not a socket")
        }
        let probe = longhaul_stream_socket(AF_UNIX)
        guard probe >= 0 else { throw TCPSocket.fault(path) }
        defer { close(probe) }
        if with(&address, { connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
            throw HTTPServerError(
                code: .addressInUse, detail: "Cannot listen on \(path): another server listens on it")
        }
        guard errno == ECONNREFUSED, unlink(path) == 0 || errno == ENOENT else {
            throw TCPSocket.fault(path)
        }
    }

    private static func address(_ path: String) throws(HTTPServerError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The path ends with a NUL.
        let limit = MemoryLayout.size(ofValue: address.sun_path) - 1
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= limit, !bytes.contains(0) else {
            throw HTTPServerError(
                code: .badAddress,
                detail: "Cannot listen on \(path): the path of a socket must have 1 to \(limit) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    /// Calls a C function with the address.
    private static func with(
        _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
