/// A string of UTF-16 code units, as in JavaScript. It may hold unpaired surrogates.
struct Text: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The code units.
    var units: [UInt16]

    init(_ units: [UInt16]) {
        self.units = units
    }

    init(_ units: ArraySlice<UInt16>) {
        self.units = Array(units)
    }

    init(_ string: String) {
        units = Array(string.utf16)
    }

    init(stringLiteral value: String) {
        self.init(value)
    }

    /// The string, with unpaired surrogates replaced by U+FFFD.
    var string: String { String(decoding: units, as: UTF16.self) }

    /// The number of code units.
    var count: Int { units.count }

    /// True if there are no code units.
    var isEmpty: Bool { units.isEmpty }

    /// Compares by code units, as JavaScript's `<` does.
    static func < (left: Text, right: Text) -> Bool {
        left.units.lexicographicallyPrecedes(right.units)
    }

    /// Concatenates two strings.
    static func + (left: Text, right: Text) -> Text {
        var units = left.units
        units.append(contentsOf: right.units)
        return Text(units)
    }

    /// The code units in a range that is clamped to the string.
    func slice(_ start: Int, _ end: Int) -> Text {
        let low = max(0, min(start, count))
        let high = max(low, min(end, count))
        return Text(units[low..<high])
    }

    /// The offset of a code point, after skipping `number` of them; the end if there are fewer.
    func offset(ofCodePoint number: Int) -> Int {
        var left = number
        var index = 0
        while index < count, left > 0 {
            left -= 1
            index += width(at: index)
        }
        return index
    }

    /// The number of code points. A surrogate pair is one code point.
    var codePointCount: Int {
        var total = 0
        var index = 0
        while index < count {
            total += 1
            index += width(at: index)
        }
        return total
    }

    private func width(at index: Int) -> Int {
        let unit = units[index]
        guard unit & 0xFC00 == 0xD800, index + 1 < count, units[index + 1] & 0xFC00 == 0xDC00 else {
            return 1
        }
        return 2
    }

    /// True if some surrogate has no partner.
    var hasUnpairedSurrogate: Bool {
        var index = 0
        while index < count {
            let width = width(at: index)
            if width == 1, units[index] & 0xF800 == 0xD800 { return true }
            index += width
        }
        return false
    }

    /// True if every code unit is ASCII.
    var isASCII: Bool { units.allSatisfy { $0 < 0x80 } }

    /// The string in lower case.
    var lowercased: Text {
        guard isASCII else { return Text(string.lowercased()) }
        return Text(units.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 })
    }

    /// The string in upper case.
    var uppercased: Text {
        guard isASCII else { return Text(string.uppercased()) }
        return Text(units.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 })
    }
}

/// The name of a variable, with its hash computed once.
struct Name: Sendable, Equatable {
    /// The name without its `$`.
    let text: Text
    private let hash: UInt64

    init(_ text: Text) {
        self.text = text
        hash = text.units.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    init(_ string: String) {
        self.init(Text(string))
    }

    static func == (left: Name, right: Name) -> Bool {
        left.hash == right.hash && left.text == right.text
    }
}
