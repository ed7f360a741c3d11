/// A line of a terminal that fits into its width.
enum TerminalLine {
    /// The beginning of a line that fits into a number of columns. Colours take no columns, and end with the line.
    static func fit(_ line: String, _ width: Int) -> String {
        var text = ""
        var columns = 0
        var isCode = false
        var hasCode = false
        for character in line {
            if character == "\u{1B}" { (isCode, hasCode) = (true, true) }
            if isCode {
                text.append(character)
                if character.isASCII, character.isLetter { isCode = false }
                continue
            }
            let next = columns + self.columns(of: character)
            guard next <= width else { break }
            columns = next
            text.append(character)
        }
        return hasCode ? text + "\u{1B}[0m" : text
    }

    /// The line without colours.
    static func plain(_ line: String) -> String {
        var text = ""
        var isCode = false
        for character in line {
            if character == "\u{1B}" { isCode = true }
            if !isCode { text.append(character) }
            if isCode, character.isASCII, character.isLetter { isCode = false }
        }
        return text
    }

    /// The number of columns of a character: East Asian wide characters and pictures take two.
    private static func columns(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
}
