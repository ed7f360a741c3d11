import Foundation
import Glibc
import LonghaulTestSupport

/// A response in the form in which it arrived.
struct RawResponse: Equatable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// An error of the test client itself.
enum RawClientError: Error {
    case cannotConnect(Int32)
    case ended
    case noAnswer
    case notHTTP(String)
}

/// A client that sends and receives raw bytes. Its calls block, so use it through ``onThread(_:)``.
final class RawClient: @unchecked Sendable {
    let socket: Int32
    private var buffer: [UInt8] = []

    /// Connects to a port of this machine.
    ///
    /// - Parameter host: the last number of the client's own address, 127.0.0.x.
    init(_ port: UInt16, receiveBuffer: Int32? = nil, host: UInt32 = 1) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        let own = Self.with(INADDR_LOOPBACK - 1 + host, 0) { bind(socket, $0, $1) }
        guard own == 0 else { throw RawClientError.cannotConnect(errno) }
        let code = Self.with(INADDR_LOOPBACK, port) { connect(socket, $0, $1) }
        // In both cases, deinit closes the socket.
        guard code == 0 else { throw RawClientError.cannotConnect(errno) }
    }

    private static func with(
        _ host: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit {
        close(socket)
    }

    /// Sends everything.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw RawClientError.ended }
            sent += count
        }
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// Closes the sending side. Answers can still be read.
    func finishSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Sends without blocking until the other side has accepted no bytes for the given time. Returns the number of
    /// accepted bytes.
    func sendUntilStalled(_ piece: [UInt8], atMost: Int, timeout: Int32) -> Int {
        var total = 0
        while total < atMost {
            var polled = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            guard poll(&polled, 1, timeout) == 1 else { break }
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = Glibc.send(socket, piece, min(piece.count, atMost - total), flags)
            guard count > 0 else { break }
            total += count
        }
        return total
    }

    /// Reads one response: with a length, chunked, or up to the end.
    func response(toHead: Bool = false) throws -> RawResponse {
        var response = try head()
        if toHead || [204, 304].contains(response.status) { return response }
        if response.headers["transfer-encoding"] == "chunked" {
            while case let chunk = try self.chunk(), !chunk.isEmpty { response.body += chunk }
        } else if let length = response.headers["content-length"].flatMap({ Int($0) }) {
            response.body = try take(length)
        } else {
            response.body = try rest()
        }
        return response
    }

    /// Reads a status line and header fields, their names in lower case.
    func head() throws -> RawResponse {
        let line = try self.line()
        guard line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else {
            throw RawClientError.notHTTP(line)
        }
        var headers: [String: String] = [:]
        while case let field = try self.line(), !field.isEmpty {
            let parts = field.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return RawResponse(status: status, headers: headers, body: [])
    }

    /// Reads one chunk of a chunked body; empty at its end.
    func chunk() throws -> [UInt8] {
        let size = try line()
        guard let count = Int(size, radix: 16) else { throw RawClientError.notHTTP(size) }
        let bytes = try take(count)
        _ = try line()
        return bytes
    }

    /// All bytes until the end of the connection.
    func rest() throws -> [UInt8] {
        while try fill() {}
        defer { buffer = [] }
        return buffer
    }

    private func line() throws -> String {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            searched = buffer.count
            guard try fill() else { throw RawClientError.ended }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw RawClientError.ended }
        }
        let bytes = Array(buffer.prefix(count))
        buffer.removeFirst(count)
        return bytes
    }

    /// Reads available bytes. Returns false at the end or after a reset of the connection.
    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        let count = recv(socket, &piece, piece.count, 0)
        guard count >= 0 || errno == ECONNRESET else { throw RawClientError.noAnswer }
        buffer += piece.prefix(max(count, 0))
        return count > 0
    }
}

extension RawClient {
    /// Duplicates the server's descriptor of this connection, as a fork does. The server runs in this process.
    func copyServerSocket(of server: UInt16) -> Int32? {
        let own = Self.port(of: socket, getsockname)
        for descriptor in Int32(3)..<4096
        where Self.port(of: descriptor, getpeername) == own
            && Self.port(of: descriptor, getsockname) == server
        {
            return fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        }
        return nil
    }

    private static func port(
        of socket: Int32,
        _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> UInt16? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(socket, $0, &size) }
        }
        return code == 0 ? UInt16(bigEndian: address.sin_port) : nil
    }
}
