/// Checks the framing of a chunked body: the chunk sizes and the line ends.
///
/// libmicrohttpd skips chunk extensions and takes a bare LF for the end of a line, which some proxies do not. It
/// hands over the data of each chunk where it lies in its buffer, so that what came before the data in the same
/// segment can be seen. What came in a segment of its own cannot. Therefore a connection also closes after every
/// chunked request: no byte after it is read as another request.
struct ChunkFraming {
    /// Where the buffer of the body begins.
    private let start: UnsafeRawPointer
    /// Where the data ended that was handed over last, and in which turn of the loop.
    private var end: UnsafeRawPointer?
    private var turn: UInt64 = 0

    init(start: UnsafeRawPointer) {
        self.start = start
    }

    /// Whether the bytes before some data, as far as they can be seen, are as RFC 9112 demands.
    mutating func check(_ data: UnsafeRawBufferPointer, turn: UInt64) -> Bool {
        guard let first = data.baseAddress, first >= start else { return true }
        let previous = end.flatMap { turn == self.turn && first >= $0 ? $0 : nil } ?? start
        end = first + data.count
        self.turn = turn
        return Self.isFraming(UnsafeRawBufferPointer(start: previous, count: first - previous))
    }

    /// Nothing, or the size of a chunk in its line, perhaps after the line end of the chunk before.
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
