import Glibc

/// A date and a time of day in UTC, in the proleptic Gregorian calendar.
struct CivilDate {
    static let millisecondsPerDay = 86_400_000.0

    let milliseconds: Double
    let year: Int
    /// From 1 to 12.
    let month: Int
    let day: Int
    private let millisecondOfDay: Int
    private let dayNumber: Int

    /// The current time in milliseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The farthest times that JavaScript's dates reach.
    static let maxMilliseconds = 8.64e15

    /// The date of a time in milliseconds since 1970; nil if it is out of range.
    init?(_ milliseconds: Double) {
        guard milliseconds.isFinite, milliseconds.magnitude <= CivilDate.maxMilliseconds else { return nil }
        let whole = milliseconds.rounded(.towardZero)
        self.milliseconds = whole
        dayNumber = Int((whole / CivilDate.millisecondsPerDay).rounded(.down))
        millisecondOfDay = Int(whole) - dayNumber * 86_400_000
        // Days since 1 March of year 0, in eras of 400 years.
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var hour: Int { millisecondOfDay / 3_600_000 }
    var minute: Int { millisecondOfDay / 60_000 % 60 }
    var second: Int { millisecondOfDay / 1000 % 60 }
    var millisecond: Int { millisecondOfDay % 1000 }

    /// From 1 for Monday to 7 for Sunday.
    var weekday: Int { CivilDate.weekday(dayNumber) }

    var dayOfYear: Int { dayNumber - CivilDate.days(year, 1) + 1 }

    private static func weekday(_ dayNumber: Int) -> Int { ((dayNumber + 3) % 7 + 7) % 7 + 1 }

    /// Days from 1970 to a date. Months and days beyond their ranges carry over.
    static func days(_ year: Int, _ month: Int, _ day: Int = 1) -> Int {
        let months = month - 1
        let carried = Int((Double(months) / 12).rounded(.down))
        let month = months - carried * 12 + 1
        let shiftedYear = year + carried - (month <= 2 ? 1 : 0)
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    // MARK: Weeks

    /// The day on which the first ISO week of a period that begins with a month starts.
    private static func firstWeek(_ year: Int, _ month: Int) -> Int {
        let first = days(year, month)
        let weekday = weekday(first)
        return weekday > 4 ? first + 8 - weekday : first - weekday + 1
    }

    /// The number of the ISO week in the year.
    var weekOfYear: Int {
        week(
            first: CivilDate.firstWeek(year, 1), next: CivilDate.firstWeek(year + 1, 1),
            previous: CivilDate.firstWeek(year - 1, 1), limit: 52)
    }

    /// The number of the week in the month, counted as ISO weeks are.
    var weekOfMonth: Int {
        week(
            first: CivilDate.firstWeek(year, month), next: CivilDate.firstWeek(year, month + 1),
            previous: CivilDate.firstWeek(year, month - 1), limit: 4)
    }

    private func week(first: Int, next: Int, previous: Int, limit: Int) -> Int {
        func weeks(since start: Int) -> Double { Double(dayNumber - start) / 7 + 1 }
        let week = weeks(since: first)
        if week > Double(limit), dayNumber >= next { return 1 }
        if week < 1 { return Int(weeks(since: previous).rounded(.down)) }
        return Int(week.rounded(.down))
    }

    /// The year that the ISO week belongs to.
    var weekYear: Int {
        if dayNumber < CivilDate.firstWeek(year, 1) { return year - 1 }
        return dayNumber >= CivilDate.firstWeek(year + 1, 1) ? year + 1 : year
    }

    /// The month that the week belongs to.
    var weekMonth: Int {
        if dayNumber < CivilDate.firstWeek(year, month) { return month == 1 ? 12 : month - 1 }
        if dayNumber >= CivilDate.firstWeek(year, month + 1) { return month == 12 ? 1 : month + 1 }
        return month
    }
}
