/// A cron expression, a pattern of wall-clock minutes: `0 3 * * *`, `*/15 9-17 * * MON-FRI`, `@daily`.
///
/// Five fields: minute, hour, day of month, month, day of week. If both days are restricted, a date that matches one of
/// them matches. If a day field begins with `*`, both must match.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The expression as it was written.
    public let description: String
    private let minutes: CronField
    private let hours: CronField
    private let days: CronField
    private let months: CronField
    private let weekdays: CronField

    private static let macros = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    /// Parses an expression.
    ///
    /// - Throws: ``CronError`` naming the field and the place, or that no date ever matches.
    public init(parsing text: String) throws(CronError) {
        description = text
        let fields = try Self.fields(of: text)
        minutes = try CronField(fields[0].text, .minute, at: fields[0].place)
        hours = try CronField(fields[1].text, .hour, at: fields[1].place)
        days = try CronField(fields[2].text, .day, at: fields[2].place)
        months = try CronField(fields[3].text, .month, at: fields[3].place)
        weekdays = try CronField(fields[4].text, .weekday, at: fields[4].place)
        if first(from: LocalMinute(value: 0)) == nil {
            throw CronError("day of month, character \(fields[2].place): no selected month has this day")
        }
    }

    private static func fields(of text: String) throws(CronError) -> [(text: Substring, place: Int)] {
        guard !text.hasPrefix("@") else {
            guard let pattern = macros[text.lowercased()] else {
                throw CronError(
                    "unknown macro \(text.prefix(40)); expected one of \(macros.keys.sorted().joined(separator: ", "))"
                )
            }
            return pattern.split(separator: " ").map { ($0, 1) }
        }
        let fields = text.split { $0 == " " || $0 == "\t" }.map { field in
            (field, text.distance(from: text.startIndex, to: field.startIndex) + 1)
        }
        guard fields.count == 5 else {
            throw CronError(
                "expected five fields (minute, hour, day of month, month, day of week), got \(fields.count)")
        }
        return fields
    }

    /// Whether the expression matches every hour. It then follows elapsed time, and not the hours of the clock.
    var isEveryHour: Bool { hours.covers(0...23) }

    /// The maximum distance to the next date: a leap day on a given day of the week, across 2100.
    private static let maxWait = 41 * 366

    /// The first matching minute at or after a given one; nil if there is none.
    func first(from start: LocalMinute) -> LocalMinute? {
        var day = start.day
        var minute = start.minuteOfDay
        let last = day + Self.maxWait
        while day <= last {
            let date = CivilDate(daysSinceEpoch: day)
            if months.contains(date.month) {
                if fits(date, day), let found = firstMinute(from: minute) {
                    return LocalMinute(value: day * 1440 + found)
                }
                day += 1
            } else {
                day += date.daysInMonth - date.day + 1
            }
            minute = 0
        }
        return nil
    }

    private func fits(_ date: CivilDate, _ day: Int) -> Bool {
        let byDay = days.contains(date.day)
        // 1970-01-01 was a Thursday.
        let byWeekday = weekdays.contains((day + 4) % 7)
        return days.isOpen || weekdays.isOpen ? byDay && byWeekday : byDay || byWeekday
    }

    private func firstMinute(from minute: Int) -> Int? {
        guard let hour = hours.first(from: minute / 60) else { return nil }
        if hour == minute / 60, let found = minutes.first(from: minute % 60) { return hour * 60 + found }
        let later = hour == minute / 60 ? hours.first(from: hour + 1) : hour
        guard let later, let found = minutes.first(from: 0) else { return nil }
        return later * 60 + found
    }
}
