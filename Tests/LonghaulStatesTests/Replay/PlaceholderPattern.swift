/// Finds the placeholders of a recording in texts, and matches texts with them.
struct PlaceholderPattern {
    private let words: [[Character]]

    /// - Parameter words: further words that stand for any text.
    init(words: [String]) {
        let own = words.filter { !$0.isEmpty && !$0.hasPrefix("<") && $0.count > 3 }
        self.words =
            ["snf_role_arn", "sfn_role_arn"].map(Array.init)
            + own.sorted { $0.count > $1.count }.map(Array.init)
    }

    private enum Piece {
        case text([Character])
        case placeholder(String)
        case account
    }

    func isPlaceholder(_ text: String) -> Bool {
        let pieces = pieces(of: text)
        guard pieces.count == 1 else { return false }
        if case .text = pieces[0] { return false }
        return true
    }

    func removing(from text: String) -> String {
        pieces(of: text).map { piece in
            if case .text(let characters) = piece { return String(characters) }
            return "<>"
        }.joined()
    }

    private func pieces(of text: String) -> [Piece] {
        let characters = Array(text)
        var pieces: [Piece] = []
        var literal: [Character] = []
        var index = 0
        while index < characters.count {
            guard let (piece, length) = placeholder(characters, index) else {
                literal.append(characters[index])
                index += 1
                continue
            }
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = []
            pieces.append(piece)
            index += length
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }

    private func placeholder(_ text: [Character], _ start: Int) -> (Piece, Int)? {
        if text[start] == "<", start + 1 < text.count, text[start + 1].isASCII, text[start + 1].isLetter {
            var end = start + 1
            while end < text.count, text[end] != "<", text[end] != ">" { end += 1 }
            if end < text.count, text[end] == ">" {
                return (.placeholder(String(text[start...end])), end + 1 - start)
            }
        }
        if text[start] == "1", isAccount(text, start) { return (.account, 12) }
        for word in words where text[start...].starts(with: word) {
            return (.placeholder(String(word)), word.count)
        }
        return nil
    }

    /// Whether twelve ones stand alone.
    private func isAccount(_ text: [Character], _ start: Int) -> Bool {
        guard text[start...].prefix(12).count == 12, text[start..<start + 12].allSatisfy({ $0 == "1" }) else {
            return false
        }
        let isWord = { (character: Character) in character.isLetter || character.isNumber || character == "_"
        }
        let before = start > 0 && isWord(text[start - 1])
        let after = start + 12 < text.count && isWord(text[start + 12])
        return !before && !after
    }

    /// Whether a text matches one with placeholders. Placeholders with an index keep what they matched.
    func match(_ want: String, _ got: String, _ bound: inout [String: String]) -> Bool {
        let pieces = pieces(of: want).map { piece in
            guard case .placeholder(let name) = piece, let known = bound[name] else { return piece }
            return Piece.text(Array(known))
        }
        var captures: [(String, String)] = []
        guard match(pieces[...], Array(got)[...], &captures) else { return false }
        for (name, text) in captures where isLasting(name) && bound[name] == nil { bound[name] = text }
        return true
    }

    private func isLasting(_ name: String) -> Bool {
        let lower = name.lowercased()
        if lower.hasSuffix("uuid>") || lower.hasSuffix("timestamp>") { return false }
        return name.contains("idx") || lower.contains("_part")
    }

    private func match(
        _ pieces: ArraySlice<Piece>, _ text: ArraySlice<Character>, _ captures: inout [(String, String)]
    ) -> Bool {
        guard let first = pieces.first else { return text.isEmpty }
        let rest = pieces.dropFirst()
        switch first {
        case .text(let literal):
            guard text.starts(with: literal) else { return false }
            return match(rest, text.dropFirst(literal.count), &captures)
        case .account:
            let digits = text.prefix(12)
            guard digits.count == 12, digits.allSatisfy(\.isNumber) else { return false }
            return match(rest, text.dropFirst(12), &captures)
        case .placeholder(let name):
            guard !text.isEmpty else { return false }
            if rest.isEmpty {
                captures.append((name, String(text)))
                return true
            }
            for length in 1...text.count {
                var inner = captures
                inner.append((name, String(text.prefix(length))))
                if match(rest, text.dropFirst(length), &inner) {
                    captures = inner
                    return true
                }
            }
            return false
        }
    }
}
