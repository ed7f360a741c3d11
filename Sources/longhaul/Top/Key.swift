/// A key of a terminal.
enum Key: Sendable, Hashable {
    case character(Character)
    case up, down, left, right
    case pageUp, pageDown
    case home, end
    case enter
    case escape
    case backspace
    /// A letter with the Ctrl key.
    case control(Character)
}

/// Finds keys in the bytes of a terminal.
struct KeyParser {
    private static let escape: UInt8 = 0x1B
    private static let maxSequence = 16

    private var rest: [UInt8] = []

    /// Whether the bytes so far may be the beginning of a sequence.
    var isPartial: Bool { !rest.isEmpty }

    /// The keys in further bytes.
    mutating func parse(_ bytes: some Sequence<UInt8>) -> [Key] {
        rest += bytes
        var keys: [Key] = []
        while !rest.isEmpty, let length = nextLength() {
            if let key = Self.key(Array(rest[..<length])) { keys.append(key) }
            rest.removeFirst(length)
        }
        return keys
    }

    /// The keys in bytes after which no more follow: a single escape character is the Escape key.
    mutating func finish() -> [Key] {
        defer { rest = [] }
        return rest.first == Self.escape ? [.escape] : []
    }

    /// The number of bytes of the next key; nil if more bytes must follow.
    private func nextLength() -> Int? {
        let first = rest[0]
        guard first == Self.escape else {
            let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
            return rest.count >= length ? length : nil
        }
        guard rest.count > 1 else { return nil }
        // ESC O and a letter, or ESC [ with parameters and a last byte. Any other byte does not belong to the Escape key.
        if rest[1] == UInt8(ascii: "O") { return rest.count > 2 ? 3 : nil }
        guard rest[1] == UInt8(ascii: "[") else { return 1 }
        if let end = rest.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) { return end + 1 }
        return rest.count > Self.maxSequence ? rest.count : nil
    }

    private static func key(_ bytes: [UInt8]) -> Key? {
        if bytes[0] == escape { return bytes.count == 1 ? .escape : sequence(bytes) }
        switch bytes[0] {
        case 0x0D, 0x0A: return .enter
        case 0x7F, 0x08: return .backspace
        case 1...26: return .control(Character(UnicodeScalar(bytes[0] + 0x60)))
        case 0..<0x20: return nil
        default: return String(validating: bytes, as: UTF8.self)?.first.map { .character($0) }
        }
    }

    private static func sequence(_ bytes: [UInt8]) -> Key? {
        switch String(decoding: bytes.dropFirst(2), as: UTF8.self) {
        case "A": .up
        case "B": .down
        case "C": .right
        case "D": .left
        case "H", "1~", "7~": .home
        case "F", "4~", "8~": .end
        case "5~": .pageUp
        case "6~": .pageDown
        default: nil
        }
    }
}
