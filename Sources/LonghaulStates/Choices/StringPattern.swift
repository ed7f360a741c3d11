/// A pattern of `StringMatches`: `*` stands for any number of characters, `\*` and `\\` for themselves.
struct StringPattern {
    /// The texts between the wildcards.
    private let parts: [[UInt8]]

    init(_ pattern: String) {
        var parts: [[UInt8]] = []
        var part: [UInt8] = []
        var isEscaped = false
        for byte in pattern.utf8 {
            if isEscaped {
                part.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "*") {
                parts.append(part)
                part = []
            } else {
                part.append(byte)
            }
        }
        self.parts = parts + [part]
    }

    /// Whether the pattern matches the whole text. Complexity: O(text + pattern).
    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { text in
            guard let first = parts.first, let last = parts.last, text.starts(with: first) else {
                return false
            }
            guard parts.count > 1 else { return text.count == first.count }
            var rest = UnsafeBufferPointer(rebasing: text[first.count...])
            for part in parts.dropFirst().dropLast() where !part.isEmpty {
                guard let end = StringPattern.end(of: part, in: rest) else { return false }
                rest = UnsafeBufferPointer(rebasing: rest[end...])
            }
            return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
        }
    }

    /// Where the first occurrence of a part ends; nil if there is none. It reads each byte of the text once, by the
    /// algorithm of Knuth, Morris and Pratt.
    private static func end(of part: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Int? {
        // For each prefix of the part, the length of its longest proper prefix that is also its suffix.
        var borders = [Int](repeating: 0, count: part.count)
        var border = 0
        for index in part.indices.dropFirst() {
            while border > 0, part[index] != part[border] { border = borders[border - 1] }
            if part[index] == part[border] { border += 1 }
            borders[index] = border
        }
        var matched = 0
        for index in text.indices {
            while matched > 0, text[index] != part[matched] { matched = borders[matched - 1] }
            if text[index] == part[matched] { matched += 1 }
            if matched == part.count { return index + 1 }
        }
        return nil
    }
}
