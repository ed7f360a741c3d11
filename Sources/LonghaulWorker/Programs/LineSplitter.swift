import LonghaulCore

/// Splits a stream of bytes into lines of text.
struct LineSplitter {
    /// A longer line is split, so that output without line ends does not fill the memory.
    static let maxLength = 65_536

    private var rest: [UInt8] = []

    /// The lines that these bytes complete.
    mutating func add(_ bytes: ArraySlice<UInt8>) -> [String] {
        var lines: [String] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 10) {
            rest += bytes[start..<end]
            lines.append(takeRest())
            start = end + 1
        }
        rest += bytes[start...]
        if rest.count >= Self.maxLength { lines.append(takeRest()) }
        return lines
    }

    /// The last line, if the stream did not end with a line end.
    mutating func finish() -> String? {
        rest.isEmpty ? nil : takeRest()
    }

    /// Replaces invalid UTF-8 by U+FFFD and removes a carriage return at the end.
    private mutating func takeRest() -> String {
        defer { rest.removeAll(keepingCapacity: rest.capacity <= Self.maxLength) }
        if rest.last == 13 { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}

/// A line `::progress 40 page 4 of 10` of a program's output.
struct ProgressLine {
    let percent: Double
    let message: String?

    /// Parses a line; nil if it is not a progress line.
    init?(_ line: String) {
        // By scalars, because a space and a combining mark at the start of the message are one character.
        let mark = "::progress ".unicodeScalars
        guard line.unicodeScalars.starts(with: mark) else { return nil }
        let words = line.unicodeScalars.dropFirst(mark.count).split(separator: " ", maxSplits: 1)
            .map(String.init)
        guard let first = words.first, let percent = Double(first), FieldBounds.percent.contains(percent)
        else {
            return nil
        }
        self.percent = percent
        message = words.count > 1 ? words[1] : nil
    }
}
