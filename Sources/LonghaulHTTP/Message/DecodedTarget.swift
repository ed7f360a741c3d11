/// The target of a request, split and decoded.
package struct DecodedTarget: Equatable {
    /// The decoded path, for display. Do not split it again, because segments may contain slashes.
    package let path: String
    /// The decoded segments of the path; none for `/` and for `*`.
    package let segments: [String]
    /// The decoded query.
    package let query: HTTPQuery
    /// The decoded host and port of an absolute URL; nil for a path.
    package let authority: String?

    /// The error of an invalid target.
    package enum Fault: Error, Equatable {
        case notAPath
        case badEscape
        case controlCharacter
        case notUTF8

        var detail: String {
            switch self {
            case .notAPath: "The request target is neither a path nor an absolute URL."
            case .badEscape: "The request target has a '%' without two hexadecimal digits after it."
            case .controlCharacter: "The request target contains a control character."
            case .notUTF8: "The request target is not UTF-8 once decoded."
            }
        }
    }

    /// Splits the encoded target. Segments such as `..` have no special meaning.
    package init(_ raw: UnsafeBufferPointer<UInt8>) throws(Fault) {
        var start = 0
        let count = raw.count
        if count == 1, raw[0] == UInt8(ascii: "*") {
            self.init(path: "*", segments: [], query: HTTPQuery())
            return
        }
        var authority: String?
        if count == 0 || raw[0] != UInt8(ascii: "/") {
            let range = try Self.authority(raw)
            authority = try Self.decode(raw, range.lowerBound, range.upperBound, plusIsSpace: false)
            start = range.upperBound
        }
        var pathEnd = start
        while pathEnd < count, raw[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
        let segments = try Self.segments(raw, start, pathEnd)
        let query = pathEnd < count ? try Self.query(raw, pathEnd + 1) : HTTPQuery()
        self.init(
            path: "/" + segments.joined(separator: "/"), segments: segments, query: query,
            authority: authority)
    }

    private init(path: String, segments: [String], query: HTTPQuery, authority: String? = nil) {
        self.path = path
        self.segments = segments
        self.query = query
        self.authority = authority
    }

    /// The range of the authority in an absolute URL. The path follows it.
    private static func authority(_ raw: UnsafeBufferPointer<UInt8>) throws(Fault) -> Range<Int> {
        var at = 0
        while at < raw.count, raw[at] != UInt8(ascii: ":") { at += 1 }
        guard at + 2 < raw.count, raw[at + 1] == UInt8(ascii: "/"), raw[at + 2] == UInt8(ascii: "/") else {
            throw .notAPath
        }
        at += 3
        let start = at
        while at < raw.count, raw[at] != UInt8(ascii: "/"), raw[at] != UInt8(ascii: "?") { at += 1 }
        return start..<at
    }

    private static func segments(
        _ raw: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
    ) throws(Fault) -> [String] {
        guard end - start > 1 else { return [] }
        var segments: [String] = []
        var from = start + 1
        for at in (start + 1)...end where at == end || raw[at] == UInt8(ascii: "/") {
            segments.append(try decode(raw, from, at, plusIsSpace: false))
            from = at + 1
        }
        return segments
    }

    private static func query(_ raw: UnsafeBufferPointer<UInt8>, _ start: Int) throws(Fault) -> HTTPQuery {
        var items: [(name: String, value: String)] = []
        var from = start
        var equals: Int?
        guard start <= raw.count else { return HTTPQuery() }
        for at in start...raw.count {
            if at == raw.count || raw[at] == UInt8(ascii: "&") {
                if at > from {
                    let name = try decode(raw, from, equals ?? at, plusIsSpace: true)
                    let value = try decode(raw, equals.map { $0 + 1 } ?? at, at, plusIsSpace: true)
                    items.append((name, value))
                }
                from = at + 1
                equals = nil
            } else if raw[at] == UInt8(ascii: "="), equals == nil {
                equals = at
            }
        }
        return HTTPQuery(items)
    }

    private static func decode(
        _ raw: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, plusIsSpace: Bool
    ) throws(Fault) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end - start)
        var at = start
        while at < end {
            var byte = raw[at]
            at += 1
            if byte <= 0x20 || byte == 0x7F { throw .controlCharacter }
            if byte == UInt8(ascii: "%") {
                guard at + 1 < end, let high = hex(raw[at]), let low = hex(raw[at + 1]) else {
                    throw .badEscape
                }
                byte = high << 4 | low
                at += 2
                // Many C functions treat NUL as the end of a string.
                if byte == 0 { throw .controlCharacter }
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = 0x20
            }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
