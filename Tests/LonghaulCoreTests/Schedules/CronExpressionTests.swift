import Foundation
import Testing

@testable import LonghaulCore

/// Cron expressions in UTC, without clock changes.
struct CronExpressionTests {
    private static let utc = TimeZone(identifier: "UTC")

    /// The next ticks after a moment, in UTC.
    private func ticks(_ cron: String, after text: String, _ count: Int = 3) throws -> [String] {
        let recurrence = Recurrence(try CronExpression(parsing: cron), in: try #require(Self.utc))
        var moment = try #require(Timestamp(rfc3339: text))
        var ticks: [String] = []
        for _ in 0..<count {
            moment = try #require(recurrence.next(after: moment))
            ticks.append(String(moment.description.prefix(16)))
        }
        return ticks
    }

    private static let patterns: [(String, [String])] = [
        ("* * * * *", ["2026-11-25T10:31", "2026-11-25T10:32", "2026-11-25T10:33"]),
        ("*/15 * * * *", ["2026-11-25T10:45", "2026-11-25T11:00", "2026-11-25T11:15"]),
        ("5/20 10 * * *", ["2026-11-25T10:45", "2026-11-26T10:05", "2026-11-26T10:25"]),
        ("0 3 * * *", ["2026-11-26T03:00", "2026-11-27T03:00", "2026-11-28T03:00"]),
        ("30 10 * * *", ["2026-11-26T10:30", "2026-11-27T10:30", "2026-11-28T10:30"]),
        ("0,30 9-10 * * 1-5", ["2026-11-26T09:00", "2026-11-26T09:30", "2026-11-26T10:00"]),
        ("0 12 * * MON", ["2026-11-30T12:00", "2026-12-07T12:00", "2026-12-14T12:00"]),
        ("0 0 * * sat-sun", ["2026-11-28T00:00", "2026-11-29T00:00", "2026-12-05T00:00"]),
        ("0 0 * * 7", ["2026-11-29T00:00", "2026-12-06T00:00", "2026-12-13T00:00"]),
        ("0 0 31 * *", ["2026-12-31T00:00", "2027-01-31T00:00", "2027-03-31T00:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        ("0 0 1 JAN,jul *", ["2027-01-01T00:00", "2027-07-01T00:00", "2028-01-01T00:00"]),
        // Two restricted days: one of them must match. A star: both must match.
        ("0 0 13 * FRI", ["2026-11-27T00:00", "2026-12-04T00:00", "2026-12-11T00:00"]),
        ("0 0 */2 * MON", ["2026-12-07T00:00", "2026-12-21T00:00", "2027-01-11T00:00"]),
        ("0 0 29 2 */6", ["2032-02-29T00:00", "2048-02-29T00:00", "2060-02-29T00:00"]),
        ("@yearly", ["2027-01-01T00:00", "2028-01-01T00:00", "2029-01-01T00:00"]),
        ("@monthly", ["2026-12-01T00:00", "2027-01-01T00:00", "2027-02-01T00:00"]),
        ("@Weekly", ["2026-11-29T00:00", "2026-12-06T00:00", "2026-12-13T00:00"]),
        ("@daily", ["2026-11-26T00:00", "2026-11-27T00:00", "2026-11-28T00:00"]),
        ("@hourly", ["2026-11-25T11:00", "2026-11-25T12:00", "2026-11-25T13:00"]),
        ("  0\t3  1 * *  ", ["2026-12-01T03:00", "2027-01-01T03:00", "2027-02-01T03:00"]),
    ]

    @Test(arguments: patterns)
    func ticksAsExpected(_ cron: String, _ expected: [String]) throws {
        #expect(try ticks(cron, after: "2026-11-25T10:30:15.250Z") == expected)
    }

    @Test func nextTickIsAfterTheGivenMoment() throws {
        #expect(try ticks("0 3 * * *", after: "2026-11-25T03:00:00Z", 1) == ["2026-11-26T03:00"])
        #expect(try ticks("0 3 * * *", after: "2026-11-25T02:59:59.999Z", 1) == ["2026-11-25T03:00"])
    }

    private static let faults: [(String, String)] = [
        ("", "expected five fields (minute, hour, day of month, month, day of week), got 0"),
        ("0 3 * *", "expected five fields (minute, hour, day of month, month, day of week), got 4"),
        ("0 0 3 * * *", "expected five fields (minute, hour, day of month, month, day of week), got 6"),
        ("60 * * * *", "minute, character 1: \"60\" is not from 0 to 59"),
        ("0 24 * * *", "hour, character 3: \"24\" is not from 0 to 23"),
        ("0 0 1,32 * *", "day of month, character 7: \"32\" is not from 1 to 31"),
        ("0 0 0 * *", "day of month, character 5: \"0\" is not from 1 to 31"),
        ("0 0 * 13 *", "month, character 7: \"13\" is not from 1 to 12, nor JAN to DEC"),
        ("0 0 * * FRY", "day of week, character 9: \"FRY\" is not from 0 to 7, nor SUN to SAT"),
        ("30-10 * * * *", "minute, character 1: the range 30-10 is reversed"),
        ("*/0 * * * *", "minute, character 1: the step \"0\" is not from 1 to 59"),
        ("*/x * * * *", "minute, character 1: the step \"x\" is not from 1 to 59"),
        ("1,,2 * * * *", "minute, character 3: a value is missing"),
        ("1- * * * *", "minute, character 1: \"\" is not from 0 to 59"),
        ("-1 * * * *", "minute, character 1: \"\" is not from 0 to 59"),
        ("+1 * * * *", "minute, character 1: \"+1\" is not from 0 to 59"),
        ("0 0 L * *", "day of month, character 5: \"L\" is not from 1 to 31"),
        ("0 0 30 2 *", "day of month, character 5: no selected month has this day"),
        ("0 0 31 4,6,9,11 *", "day of month, character 5: no selected month has this day"),
        (
            "@reboot",
            "unknown macro @reboot; expected one of @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly"
        ),
    ]

    @Test(arguments: faults)
    func errorNamesTheFaultAndItsPlace(_ text: String, _ fault: String) {
        do throws(CronError) {
            _ = try CronExpression(parsing: text)
            Issue.record("it was taken: \(text)")
        } catch {
            #expect(error.description == fault)
        }
    }

    @Test func randomTextIsParsedOrRejected() {
        let random = SeededRandom(seed: 3)
        let pieces = Array("0123456789*/,- \t@JANMONdaily?LW#é\u{0}")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int(random.next() % 24)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] })
            guard let cron = try? CronExpression(parsing: text) else { continue }
            #expect(cron.first(from: LocalMinute(value: 0)) != nil)
        }
    }

    @Test func datesMatchTheCalendar() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = Self.utc ?? calendar.timeZone
        for day in stride(from: 0, to: 80_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let civil = CivilDate(daysSinceEpoch: day)
            #expect(civil.year == parts.year && civil.month == parts.month && civil.day == parts.day)
            #expect(civil.daysInMonth == calendar.range(of: .day, in: .month, for: date)?.count)
        }
    }
}
