/// Reads times by a picture.
struct DateTimeParser {
    private var components: [Character: Double] = [:]
    private let now: CivilDate?

    /// The time in milliseconds since 1970; nil if the text does not match the picture.
    ///
    /// - Throws: D3136 if components are missing between those that are given.
    static func parse(_ text: Text, _ picture: Text, now: Double, _ budget: Budget) throws(Failure) -> Double?
    {
        let picture = try DateTimePicture(picture, budget)
        var source = "^"
        for part in picture.parts {
            try budget.step()
            source += "(\(try PictureMatcher.expression(for: part)))"
        }
        try budget.allocate(source.utf8.count * 4)
        let pattern: Pattern
        do {
            pattern = try Pattern(Text(source + "$"), isCaseless: true)
        } catch {
            throw Failure("S0303", value: .string(Text(error.message)))
        }
        guard let match = try pattern.firstMatch(in: text, from: 0, budget) else { return nil }
        var parser = DateTimeParser(now: CivilDate(now))
        var group = 0
        for part in picture.parts {
            defer { group += PictureMatcher.groups }
            guard case .marker(let marker) = part, group < match.groups.count, let range = match.groups[group]
            else { continue }
            let part = text.slice(range.lowerBound, range.upperBound)
            let value = try PictureMatcher.value(part, marker, budget)
            if let value { parser.components[marker.component] = value }
        }
        return parser.components.isEmpty ? nil : try parser.milliseconds()
    }

    private init(now: CivilDate?) {
        self.now = now
    }

    /// True if only components of a set are given, and at least one; zero counts as not given.
    private func isKind(_ allowed: String, of all: String) -> Bool {
        let given = all.filter { components[$0].map { $0 != 0 && !$0.isNaN } ?? false }
        return !given.isEmpty && given.allSatisfy { allowed.contains($0) }
    }

    private mutating func milliseconds() throws(Failure) -> Double? {
        let dateParts = "YXMxWwdD"
        let isMonthDate = isKind("YMD", of: dateParts)
        let isDayOfYear = !isMonthDate && isKind("Yd", of: dateParts)
        let isWeekOfMonth = isKind("XxwF", of: dateParts)
        let isWeekOfYear = !isWeekOfMonth && isKind("XWF", of: dateParts)
        let isHalfDay = !isKind("Hmsf", of: "PHhmsf") && isKind("Phmsf", of: "PHhmsf")
        let date = isDayOfYear ? "YD" : isWeekOfMonth ? "XxwF" : isWeekOfYear ? "XWF" : "YMD"
        try fillGaps(date + (isHalfDay ? "Phmsf" : "Hmsf"))
        if isWeekOfMonth || isWeekOfYear { throw Failure("D3136") }
        if isHalfDay {
            let hour = components["h"] ?? 0
            components["H"] = (hour == 12 ? 0 : hour) + (components["P"] == 1 ? 12 : 0)
        }
        let month = max(components["M"] ?? 1, 1)
        let day = isDayOfYear ? components["d"] ?? 1 : components["D"] ?? 1
        return utc(month: isDayOfYear ? 1 : month, day: day)
    }

    /// Gives the components before the first given one those of now, and the ones after the last zero.
    private mutating func fillGaps(_ order: String) throws(Failure) {
        var hasStarted = false
        var hasEnded = false
        for component in order {
            if components[component] != nil {
                hasStarted = true
                if hasEnded { throw Failure("D3136") }
            } else if hasStarted {
                components[component] = "MDd".contains(component) ? 1 : 0
                hasEnded = true
            } else {
                components[component] = now.flatMap { DateTimeFormatter.component(component, of: $0) }
                    .map(Double.init)
            }
        }
    }

    private func utc(month: Double, day: Double) -> Double? {
        let year = components["Y"] ?? .nan
        let times = "Hmsf".map { components[$0] ?? 0 }
        guard ([year, month, day] + times).allSatisfy({ $0.magnitude < 1e9 }) else { return .nan }
        // JavaScript reads years of two digits as of the last century.
        let fullYear = (0...99).contains(year) ? year + 1900 : year
        let days = Double(CivilDate.days(Int(fullYear), Int(month), 1)) + day - 1
        let time = times[0] * 3_600_000 + times[1] * 60_000 + times[2] * 1000 + times[3].rounded(.towardZero)
        let result = days * CivilDate.millisecondsPerDay + time
        let zone = components["Z"].flatMap { $0 == 0 ? nil : $0 } ?? components["z"] ?? 0
        return result - zone * 60_000
    }
}

/// The regular expressions by which the parts of a picture are read.
enum PictureMatcher {
    /// The number of capture groups of each part.
    static let groups = 1

    /// The regular expression for a part.
    static func expression(for part: DateTimePicture.Part) throws(Failure) -> String {
        switch part {
        case .literal(let text):
            return text.string.map { ".*+?^${}()|[]\\/".contains($0) ? "\\\($0)" : String($0) }.joined()
        case .marker(let marker): return try expression(for: marker)
        }
    }

    private static func expression(for marker: DateTimePicture.Marker) throws(Failure) -> String {
        switch marker.component {
        case "Z", "z":
            let prefix = marker.component == "z" ? "GMT" : ""
            guard let separator = marker.integer?.regularSeparator else { return prefix + "[-+][0-9]+" }
            return prefix + "[-+][0-9]+\\\(separator.character.string)[0-9]+"
        case "f": return "[0-9]+"
        default: break
        }
        if let picture = marker.integer { return try expression(for: picture) }
        guard "MxFP".contains(marker.component) else {
            throw Failure("D3133", value: .string(Text(String(marker.component))))
        }
        return "[a-zA-Z]+"
    }

    private static func expression(for picture: IntegerPicture) throws(Failure) -> String {
        switch picture.form {
        case .letters: return picture.letterCase == .upper ? "[A-Z]+" : "[a-z]+"
        case .roman: return picture.letterCase == .upper ? "[MDCLXVI]+" : "[mdclxvi]+"
        case .words:
            return "(?:" + NumberWords.values.keys.sorted().joined(separator: "|") + "|and|[\\-, ])+"
        case .decimal:
            let width = picture.parseWidth.map { "{\($0)}" } ?? "+"
            return "[0-9]\(width)" + (picture.isOrdinal ? "(?:th|st|nd|rd)" : "")
        case .sequence(let token): throw Failure("D3130", value: .string(token))
        }
    }

    /// The value of the text that matched a marker; nil if it means nothing.
    static func value(
        _ text: Text, _ marker: DateTimePicture.Marker, _ budget: Budget
    ) throws(Failure) -> Double? {
        switch marker.component {
        case "Z", "z": return offset(text, marker)
        case "f":
            let digits = text.slice(0, 3).string
            return (Double("0." + digits) ?? .nan) * 1000
        default: break
        }
        if let picture = marker.integer { return try IntegerParser.parse(text, picture, budget) }
        let names: [String]
        switch marker.component {
        case "M", "x": names = DateTimeFormatter.months
        case "F": names = DateTimeFormatter.days
        default:
            let index = ["am", "pm"].firstIndex(of: text.string) ?? ["AM", "PM"].firstIndex(of: text.string)
            return index.map(Double.init)
        }
        let width = marker.maxWidth.flatMap { $0 == 0 ? nil : $0 } ?? Int.max
        return names.firstIndex { $0.prefix(width) == text.string }.map { Double($0 + 1) }
    }

    /// The minutes of a timezone.
    private static func offset(_ text: Text, _ marker: DateTimePicture.Marker) -> Double {
        let value = marker.component == "z" ? text.slice(3, text.count) : text
        func number(_ text: Text) -> Double { IntegerParser.leadingInteger(text.units) }
        if let separator = marker.integer?.regularSeparator,
            let index = value.firstIndex(of: separator.character)
        {
            return number(value.slice(0, index)) * 60 + number(value.slice(index + 1, value.count))
        }
        if value.count - 1 <= 2 { return number(value) * 60 }
        return number(value.slice(0, 3)) * 60 + number(value.slice(3, value.count))
    }
}
