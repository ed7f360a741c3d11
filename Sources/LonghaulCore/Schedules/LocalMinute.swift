/// A wall-clock reading in minutes since 1970-01-01 00:00. In a time zone, a reading stands for one moment, none or
/// two.
struct LocalMinute: Sendable, Hashable, Comparable {
    var value: Int

    static func < (left: LocalMinute, right: LocalMinute) -> Bool { left.value < right.value }

    /// The day of the reading, counted from 1970-01-01.
    var day: Int { Int((Double(value) / 1440).rounded(.down)) }
    /// The minute of its day.
    var minuteOfDay: Int { value - day * 1440 }
}

/// A date of the Gregorian calendar.
struct CivilDate: Sendable, Hashable {
    var year: Int
    var month: Int
    var day: Int

    /// The date of a day counted from 1970-01-01, in or after the year 0.
    ///
    /// The algorithm starts years in March, so that the leap day is the last day (Hinnant, "chrono-Compatible Low-Level
    /// Date Algorithms").
    init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The number of days in its month.
    var daysInMonth: Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
