/// The address to listen on, from `HOST:PORT`.
struct ListenAddress: Sendable, CustomStringConvertible {
    /// A name or a numeric address, without brackets.
    let host: String
    let port: UInt16

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ValueReader where Value == ListenAddress {
    /// `HOST:PORT`, with an IPv6 address in brackets.
    static let address = ValueReader(shape: .text) { text throws(BadValue) in
        let expected = "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"
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
        return ListenAddress(host: String(host), port: port)
    }
}
