import LonghaulHTTP

/// An address to listen on, from `HOST:PORT` or `unix:PATH`.
enum ListenAddress: Sendable, CustomStringConvertible {
    /// A name or a numeric address, without brackets, and a port.
    case tcp(host: String, port: UInt16)
    /// The path of a Unix socket.
    case unix(path: String)

    /// The default address.
    static let standard = ListenAddress.tcp(host: "127.0.0.1", port: 8080)

    /// The endpoint of the HTTP server.
    func endpoint(socketMode: FileMode) -> HTTPEndpoint {
        switch self {
        case .tcp(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path, mode: socketMode.bits)
        }
    }

    var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension ValueReader where Value == ListenAddress {
    /// `HOST:PORT`, with an IPv6 address in brackets, or `unix:PATH`.
    static let address = ValueReader(shape: .text) { text throws(BadValue) in
        let expected = "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH"
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard !path.isEmpty, !path.utf8.contains(0) else { throw BadValue(expected: expected, got: text) }
            return .unix(path: String(path))
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw BadValue(expected: expected, got: text)
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw BadValue(expected: expected, got: text)
        }
        guard !host.isEmpty else { throw BadValue(expected: expected, got: text) }
        return .tcp(host: String(host), port: port)
    }
}

/// The permissions of a file.
struct FileMode: Sendable, CustomStringConvertible {
    let bits: UInt32

    var description: String { "0" + String(bits, radix: 8) }
}

extension ValueReader where Value == FileMode {
    /// Three octal digits, with or without a leading 0.
    static let fileMode = ValueReader(shape: .text) { text throws(BadValue) in
        let digits = text.count == 4 && text.hasPrefix("0") ? text.dropFirst() : text[...]
        guard digits.count == 3, let bits = UInt32(digits, radix: 8), bits & 0o111 == 0 else {
            throw BadValue(expected: "permissions to read and write in octal, such as 0660", got: text)
        }
        return FileMode(bits: bits)
    }
}
