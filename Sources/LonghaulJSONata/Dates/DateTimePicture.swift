/// A picture for dates and times, as XPath's `format-dateTime` reads it.
struct DateTimePicture {
    /// A part of the picture.
    enum Part {
        case literal(Text)
        case marker(Marker)
    }

    /// A component between brackets.
    struct Marker {
        let component: Character
        var names: IntegerPicture.Case?
        var integer: IntegerPicture?
        /// True if a zero timezone is written as `Z`.
        var isTraditional = false
        var maxWidth: Int?
        var minWidth: Int?
        /// The number of digits of a year; nil for all of them.
        var yearDigits: Int?
    }

    private(set) var parts: [Part] = []

    private static let defaults: [Character: Text] = [
        "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1",
        "h": "1", "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
    ]

    private static let maxLength = 10_000

    /// Parses a picture.
    ///
    /// - Throws: D3132 for unknown components, D3135 for a missing bracket.
    init(_ picture: Text, _ budget: Budget) throws(Failure) {
        guard picture.count <= DateTimePicture.maxLength else {
            throw Failure.limit("The picture is longer than \(DateTimePicture.maxLength) characters")
        }
        try budget.steps(picture.count / 16)
        var start = 0
        var index = 0
        while index < picture.count {
            guard picture.units[index] == 0x5B else {
                index += 1
                continue
            }
            appendLiteral(picture.slice(start, index))
            if picture.slice(index + 1, index + 2) == "[" {
                parts.append(.literal("["))
                index += 2
                start = index
                continue
            }
            guard let close = picture.units[index...].firstIndex(of: 0x5D) else { throw Failure("D3135") }
            let text = picture.units[(index + 1)..<close].filter { !($0 == 32 || (9...13).contains($0)) }
            try appendMarker(Text(text), budget)
            index = close + 1
            start = index
        }
        appendLiteral(picture.slice(start, index))
    }

    private mutating func appendLiteral(_ text: Text) {
        guard !text.isEmpty else { return }
        // A doubled closing bracket stands for one.
        let pieces = text.split(by: "]]")
        parts.append(.literal(Text(Array(pieces.map(\.units).joined(separator: [0x5D])))))
    }

    private mutating func appendMarker(_ text: Text, _ budget: Budget) throws(Failure) {
        let component = text.slice(0, 1).string.first ?? " "
        var marker = Marker(component: component)
        var presentation = text.slice(1, text.count)
        if let comma = text.units.lastIndex(of: 0x2C) {
            presentation = text.slice(1, comma)
            let widths = text.slice(comma + 1, text.count).split(by: "-")
            marker.minWidth = DateTimePicture.width(widths.first)
            marker.maxWidth = widths.count > 1 ? DateTimePicture.width(widths[1]) : nil
        }
        var modifier = Text([])
        if presentation.count > 1, let last = presentation.units.last, "atco".utf16.contains(last) {
            modifier = Text([last])
            presentation = presentation.slice(0, presentation.count - 1)
        }
        if presentation.isEmpty {
            guard let standard = DateTimePicture.defaults[component] else {
                throw Failure("D3132", value: .string(text.slice(0, 1)))
            }
            presentation = standard
        }
        marker.isTraditional = modifier == "t"
        try complete(&marker, presentation, modifier, budget)
        parts.append(.marker(marker))
    }

    private static func width(_ text: Text?) -> Int? {
        guard let text, text != "*" else { return nil }
        let number = IntegerParser.leadingInteger(text.units)
        return number.isNaN ? nil : Int(max(0, min(number, 1000)))
    }

    private mutating func complete(
        _ marker: inout Marker, _ presentation: Text, _ modifier: Text, _ budget: Budget
    ) throws(Failure) {
        switch presentation.slice(0, 1) {
        case "n": marker.names = .lower
        case "N": marker.names = presentation.slice(1, 2) == "n" ? .title : .upper
        default:
            guard "YMDdFWwXxHhmsf".contains(marker.component) else { break }
            let source = modifier.isEmpty ? presentation : presentation + ";" + modifier
            var picture = try IntegerPicture(source, budget)
            picture.mandatoryDigits = max(picture.mandatoryDigits, marker.minWidth ?? 0)
            if marker.component == "Y" {
                if let width = marker.maxWidth {
                    marker.yearDigits = width
                    picture.mandatoryDigits = width
                } else {
                    let width = picture.mandatoryDigits + picture.optionalDigits
                    marker.yearDigits = width >= 2 ? width : nil
                }
            }
            // Adjacent numbers are separated by their fixed width.
            if case .marker(var previous)? = parts.last, let digits = previous.integer?.mandatoryDigits {
                previous.integer?.parseWidth = digits
                parts[parts.count - 1] = .marker(previous)
            }
            marker.integer = picture
        }
        if marker.component == "Z" || marker.component == "z" {
            marker.integer = try IntegerPicture(presentation, budget)
        }
    }
}
