import Foundation
import Testing

@testable import LonghaulCore

/// Cron expressions on wall clocks that are set forward and back.
struct RecurrenceTests {
    private func recurrence(_ cron: String, _ zone: String) throws -> Recurrence {
        Recurrence(
            try CronExpression(parsing: cron), in: try #require(TimeZone(identifier: zone), "\(zone)"))
    }

    private func ticks(_ recurrence: Recurrence, _ start: String, _ end: String) throws -> [String] {
        let end = try #require(Timestamp(rfc3339: end))
        var ticks: [String] = []
        var moment = try #require(Timestamp(rfc3339: start))
        while let tick = recurrence.next(after: moment), tick <= end {
            ticks.append(String(tick.description.dropFirst(5).prefix(11)))
            moment = tick
        }
        return ticks
    }

    /// Cron, zone, from, to, and the ticks in UTC.
    private static let jumps: [(String, String, String, String, [String])] = [
        // Paris, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        (
            "30 2 * * *", "Europe/Paris", "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z",
            ["03-28T01:30", "03-29T01:00", "03-30T00:30"]
        ),
        (
            "*/20 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z",
            ["03-29T01:00", "03-30T00:00", "03-30T00:20"]
        ),
        ("0 3 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", ["03-29T01:00"]),
        (
            "30 * * * *", "Europe/Paris", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z",
            ["03-29T00:30", "03-29T01:30"]
        ),
        (
            "0 */2 * * *", "Europe/Paris", "2026-03-28T23:30:00Z", "2026-03-29T04:30:00Z",
            ["03-29T01:00", "03-29T02:00", "03-29T04:00"]
        ),
        // Paris, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
        (
            "30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
            ["10-25T00:30", "10-26T01:30"]
        ),
        (
            "*/30 * * * *", "Europe/Paris", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z",
            ["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]
        ),
        // New York: 8 March at 07:00 UTC, 1 November at 06:00 UTC.
        (
            "15 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z",
            ["03-08T07:00", "03-09T06:15"]
        ),
        (
            "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z",
            ["11-01T05:30", "11-02T06:30"]
        ),
        (
            "0 * * * *", "America/New_York", "2026-11-01T04:30:00Z", "2026-11-01T07:30:00Z",
            ["11-01T05:00", "11-01T06:00", "11-01T07:00"]
        ),
        // Lord Howe sets its clock by half an hour: 5 April at 15:00 UTC the day before, 4 October at 15:30.
        (
            "15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", "2026-10-05T00:00:00Z",
            ["10-03T15:30", "10-04T15:15"]
        ),
        (
            "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z", "2026-04-06T00:00:00Z",
            ["04-04T14:45", "04-05T15:15"]
        ),
        (
            "0 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", "2026-10-03T17:00:00Z",
            ["10-03T14:30", "10-03T16:00", "10-03T17:00"]
        ),
        // Havana sets it at midnight, Apia left out 30 December 2011.
        (
            "30 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z",
            ["03-08T05:00", "03-09T04:30"]
        ),
        ("30 23 31 10 *", "America/Havana", "2026-10-01T00:00:00Z", "2027-10-01T00:00:00Z", ["11-01T03:30"]),
        (
            "0 12 * * *", "Pacific/Apia", "2011-12-28T00:00:00Z", "2012-01-01T00:00:00Z",
            ["12-28T22:00", "12-29T22:00", "12-30T10:00", "12-30T22:00", "12-31T22:00"]
        ),
        // A leap day, before and after it.
        (
            "0 12 29 2 *", "Europe/Paris", "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z",
            ["02-29T11:00", "02-29T11:00"]
        ),
    ]

    @Test(arguments: jumps.indices)
    func ticksAroundClockChanges(_ index: Int) throws {
        let (cron, zone, start, end, expected) = Self.jumps[index]
        #expect(try ticks(recurrence(cron, zone), start, end) == expected, "\(cron) in \(zone)")
    }

    private static let zones = [
        "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca",
        "Asia/Kathmandu", "Atlantic/Azores", "UTC",
    ]
    private static let patterns = [
        "* * * * *", "*/7 * * * *", "30 * * * 0", "*/45 0-3 * * *", "15 1,2,3 * * *", "59 23 * * *",
        "0 0 * * *", "*/10 */2 * * *", "30 2 * * 0",
    ]

    /// Compares each minute of a week around each clock change of a year with a simple implementation of the rules.
    @Test(arguments: zones)
    func ticksMatchTheMinuteByMinuteRules(_ zone: String) throws {
        let timeZone = try #require(TimeZone(identifier: zone))
        let clock = { (minute: Int) in
            LocalMinute(
                value: minute + timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute) * 60))
                    / 60)
        }
        let year = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        let first = Int(year.milliseconds / 60_000)
        let days = (0..<366).map { first + $0 * 1440 }
        var jumps = days.filter { clock($0).value - $0 != clock($0 + 1440).value - $0 - 1440 }
        if jumps.isEmpty { jumps = [first] }
        for day in jumps {
            let window = (day - 2880)...(day + 4320)
            for pattern in Self.patterns {
                let recurrence = try recurrence(pattern, zone)
                let expected = window.filter { isTick($0, recurrence.cron, clock) }
                var found: [Int] = []
                var moment = Timestamp(milliseconds: Int64(window.lowerBound - 1) * 60_000)
                while let tick = recurrence.next(after: moment),
                    tick.milliseconds / 60_000 <= window.upperBound
                {
                    found.append(Int(tick.milliseconds / 60_000))
                    moment = tick
                }
                #expect(found == expected, "\(pattern) in \(zone)")
            }
        }
    }

    private func isTick(_ minute: Int, _ cron: CronExpression, _ clock: (Int) -> LocalMinute) -> Bool {
        let reading = clock(minute)
        let before = clock(minute - 1)
        func fits(_ reading: LocalMinute) -> Bool { cron.first(from: reading) == reading }
        if cron.isEveryHour { return fits(reading) }
        if reading.value > before.value + 1 {
            return (before.value + 1...reading.value).contains { fits(LocalMinute(value: $0)) }
        }
        // The reading occurred before, within the hours of a clock change.
        return fits(reading) && !(minute - 240..<minute).contains { clock($0) >= reading }
    }

    @Test func latestTicksAreFound() throws {
        let minutely = try recurrence("* * * * *", "UTC")
        let first = try #require(Timestamp(rfc3339: "2016-01-01T00:00:00Z"))
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:00:30Z"))
        #expect(
            minutely.latest(1, from: first, through: now).map(\.description) == ["2026-01-01T00:00:00.000Z"])
        let many = minutely.latest(100, from: first, through: now)
        #expect(many.count == 100)
        #expect(many == many.sorted())
        #expect(many.last?.description == "2026-01-01T00:00:00.000Z")
        let yearly = try recurrence("@yearly", "UTC")
        #expect(yearly.latest(100, from: first, through: now).count == 11)
        #expect(yearly.latest(3, from: first, through: now).first?.description == "2024-01-01T00:00:00.000Z")
        #expect(yearly.latest(3, from: first, through: first) == [first])
        #expect(yearly.latest(3, from: now, through: first).isEmpty)
    }

    @Test func endsWithTheCalendar() throws {
        let yearly = try recurrence("@yearly", "UTC")
        #expect(yearly.next(after: .distantFuture) == nil)
    }
}
