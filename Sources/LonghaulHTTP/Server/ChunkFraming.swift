/// Checks the framing of a chunked body: the chunk sizes and the line ends.
///
/// libmicrohttpd skips chunk extensions and accepts a bare LF as a line end, which some proxies do not. It passes the data
/// of each chunk in its buffer, so that the preceding bytes of the same segment are visible. Bytes in a separate segment
/// are not. Therefore a connection also closes after each chunked request, so that no later byte is read as another
/// request.
struct ChunkFraming {
    /// The start of the body's buffer.
    private let start: UnsafeRawPointer
    /// The end of the last data, and the turn of the loop in which it was passed.
    private var end: UnsafeRawPointer?
    private var turn: UInt64 = 0

    init(start: UnsafeRawPointer) {
        self.start = start
    }

    /// Whether the visible bytes before the data conform to RFC 9112.
    mutating func check(_ data: UnsafeRawBufferPointer, turn: UInt64) -> Bool {
        guard let first = data.baseAddress, first >= start else { return true }
        let previous = end.flatMap { turn == self.turn && first >= $0 ? $0 : nil } ?? start
        end = first + data.count
        self.turn = turn
        return Self.isFraming(UnsafeRawBufferPointer(start: previous, count: first - previous))
    }

    /// Whether the bytes are empty or a chunk size line, optionally after the line end of the previous chunk.
    static func isFraming(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        if rest.isEmpty { return true }
        if rest.starts(with: [0x0D, 0x0A]) { rest = rest.dropFirst(2) }
        guard rest.suffix(2).elementsEqual([0x0D, 0x0A]) else { return false }
        let digits = rest.dropLast(2)
        return (1...16).contains(digits.count) && digits.allSatisfy(isHexadecimal)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
