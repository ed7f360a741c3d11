import Glibc

/// Reads standard input line by line.
struct LineInput {
    private var buffer: [UInt8] = []
    private var start = 0
    private var hasEnded = false

    /// The maximum length of a line, in bytes.
    static let maxLineLength = 256 << 20

    /// The next line without its end; nil after the last one.
    ///
    /// - Throws: ``RunError`` if the input cannot be read, or if a line is too long.
    mutating func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 10) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count
            if hasEnded {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            guard buffer.count - start <= LineInput.maxLineLength else {
                throw RunError("a line of the input is longer than \(LineInput.maxLineLength) bytes")
            }
            searched -= start
            try fill()
        }
    }

    private mutating func fill() throws {
        buffer.removeFirst(start)
        start = 0
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count > 0 {
                buffer.append(contentsOf: chunk[..<count])
                return
            }
            if count == 0 {
                hasEnded = true
                return
            }
            guard errno == EINTR else {
                throw RunError("cannot read standard input: \(String(cString: strerror(errno)))")
            }
        }
    }
}
