import Foundation

/// Writes times by a picture.
struct DateTimeFormatter {
    private let date: CivilDate
    private let offsetHours: Int
    private let offsetMinutes: Int
    private let budget: Budget

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
    static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    private static let isoPicture: Text = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

    /// Formats a time in milliseconds since 1970.
    ///
    /// - Parameters:
    ///   - picture: ISO 8601 if it is nil.
    ///   - timezone: An offset such as `+0100`; UTC if it is nil.
    static func format(
        _ milliseconds: Double, _ picture: Text?, timezone: Text?, _ budget: Budget
    ) throws(Failure) -> Text {
        var hours = 0
        var minutes = 0
        if let timezone {
            let offset = IntegerParser.leadingInteger(timezone.units)
            guard offset.magnitude < 1e6 else { throw outOfRange(milliseconds) }
            hours = Int((offset / 100).rounded(.down))
            minutes = Int(offset) % 100
        }
        let picture = try DateTimePicture(picture ?? isoPicture, budget)
        guard let date = CivilDate(milliseconds + Double((60 * hours + minutes) * 60_000)) else {
            throw outOfRange(milliseconds)
        }
        let formatter = DateTimeFormatter(
            date: date, offsetHours: hours, offsetMinutes: minutes, budget: budget)
        var result = Text([])
        func append(_ text: Text) throws(Failure) {
            try budget.allocate(text.count, appendedTo: result.count)
            result.units.append(contentsOf: text.units)
        }
        for part in picture.parts {
            try budget.step()
            switch part {
            case .literal(let text): try append(text)
            case .marker(let marker): try append(try formatter.text(of: marker))
            }
        }
        return result
    }

    private static func outOfRange(_ milliseconds: Double) -> Failure {
        Failure("D1001", value: .number(milliseconds))
    }

    private func text(of marker: DateTimePicture.Marker) throws(Failure) -> Text {
        switch marker.component {
        case "Z", "z": return try timezone(marker)
        case "P":
            let text = date.hour >= 12 ? "pm" : "am"
            return Text(marker.names == .upper ? text.uppercased() : text)
        case "C", "E": return "ISO"
        default: break
        }
        guard var value = DateTimeFormatter.component(marker.component, of: date) else {
            throw Failure("D3132", value: .string(Text(String(marker.component))))
        }
        if marker.component == "Y", let digits = marker.yearDigits, digits < 18 {
            value = value % Int(pow(10, Double(digits)))
        }
        if let names = marker.names, marker.component != "f" { return try name(value, marker, names) }
        guard let picture = marker.integer else { return "" }
        return try IntegerFormatter.format(Double(value), picture, budget)
    }

    private func name(
        _ value: Int, _ marker: DateTimePicture.Marker, _ letterCase: IntegerPicture.Case
    ) throws(Failure) -> Text {
        var name: String
        switch marker.component {
        case "M", "x": name = DateTimeFormatter.months[value - 1]
        case "F": name = DateTimeFormatter.days[value - 1]
        default: throw Failure("D3133", value: .string(Text(String(marker.component))))
        }
        switch letterCase {
        case .upper: name = name.uppercased()
        case .lower: name = name.lowercased()
        case .title: break
        }
        if let width = marker.maxWidth { name = String(name.prefix(width)) }
        return Text(name)
    }

    private func timezone(_ marker: DateTimePicture.Marker) throws(Failure) -> Text {
        guard let picture = marker.integer else { return "" }
        let offset = offsetHours * 100 + offsetMinutes
        if offset == 0, marker.isTraditional { return "Z" }
        var text: Text
        if picture.regularSeparator != nil {
            text = try IntegerFormatter.format(Double(offset), picture, budget)
        } else {
            switch picture.mandatoryDigits {
            case 1, 2:
                text = try IntegerFormatter.format(Double(offsetHours), picture, budget)
                if offsetMinutes != 0 {
                    let minutes = try IntegerPicture("00", budget)
                    text = text + ":" + (try IntegerFormatter.format(Double(offsetMinutes), minutes, budget))
                }
            case 3, 4: text = try IntegerFormatter.format(Double(offset), picture, budget)
            default: throw Failure("D3134", value: .number(Double(picture.mandatoryDigits)))
            }
        }
        if offset >= 0 { text = "+" + text }
        return marker.component == "z" ? "GMT" + text : text
    }

    /// The value of a component; nil for unknown ones.
    static func component(_ component: Character, of date: CivilDate) -> Int? {
        switch component {
        case "Y": date.year
        case "M": date.month
        case "D": date.day
        case "d": date.dayOfYear
        case "F": date.weekday
        case "W": date.weekOfYear
        case "w": date.weekOfMonth
        case "X": date.weekYear
        case "x": date.weekMonth
        case "H": date.hour
        case "h": date.hour % 12 == 0 ? 12 : date.hour % 12
        case "P": date.hour >= 12 ? 1 : 0
        case "m": date.minute
        case "s": date.second
        case "f": date.millisecond
        default: nil
        }
    }
}
