import Foundation
import LonghaulCore

/// Parses the text of an option's value.
struct ValueReader<Value: Sendable>: Sendable {
    /// The type of the value in a settings file.
    let shape: OptionDeclaration.Shape
    /// The text of a value, for the default in the help.
    var text: @Sendable (Value) -> String = { "\($0)" }
    let read: @Sendable (String) throws(BadValue) -> Value
}

extension ValueReader where Value == String {
    /// Any text.
    static let text = ValueReader(shape: .text) { text throws(BadValue) in
        if text.utf8.contains(0) { throw BadValue("must not contain U+0000") }
        if text.isEmpty { throw BadValue("must not be empty") }
        return text
    }
}

extension ValueReader where Value == Int {
    /// An integer in the range.
    static func integer(_ range: ClosedRange<Int>) -> ValueReader {
        ValueReader(shape: .number) { text throws(BadValue) in
            guard let value = Int(text), range.contains(value) else {
                let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
                throw BadValue(expected: expected, got: text)
            }
            return value
        }
    }
}

extension ValueReader where Value == Double {
    /// A number in the range.
    static func number(_ range: ClosedRange<Double>) -> ValueReader {
        ValueReader(shape: .number, text: plain) { text throws(BadValue) in
            guard let value = Double(text), range.contains(value) else {
                let expected = "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
                throw BadValue(expected: expected, got: text)
            }
            return value
        }
    }

    /// A time in the range: a number of seconds, or a number with a unit, such as `10m`. Its value is in seconds.
    static func seconds(atLeast min: Double, atMost max: Double = FieldBounds.seconds.upperBound)
        -> ValueReader
    {
        ValueReader(shape: .time, text: TimeText.text) { text throws(BadValue) in
            guard let value = TimeText.seconds(of: text), value >= min, value <= max else {
                let range = "from \(TimeText.text(min)) to \(TimeText.text(max))"
                throw BadValue(expected: "a time such as 30, 90s, 10m, 2h or 7d, \(range)", got: text)
            }
            return value
        }
    }

    /// A number without an exponent, and without decimal places that it does not need.
    @Sendable private static func plain(_ number: Double) -> String {
        Decimal(string: "\(number)")?.description ?? "\(number)"
    }
}

extension ValueReader where Value == JobID {
    /// The identifier of a job.
    static let jobID = ValueReader(shape: .text) { text throws(BadValue) in
        guard let id = JobID(text) else { throw BadValue(expected: "the ID of a job, a UUID", got: text) }
        return id
    }
}

extension ValueReader where Value == JobState {
    /// A state of jobs.
    static let state = ValueReader(shape: .text) { text throws(BadValue) in
        guard let state = JobState(rawValue: text) else {
            let words = JobState.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadValue(expected: "one of \(words)", got: text)
        }
        return state
    }
}

extension ValueReader where Value == CronExpression {
    /// A cron expression.
    static let cron = ValueReader(shape: .text) { text throws(BadValue) in
        do throws(CronError) {
            return try CronExpression(parsing: text)
        } catch {
            throw BadValue(error.description)
        }
    }
}

extension ValueReader where Value == ScheduleSpec.CatchUp {
    /// The handling of ticks at which no server ran.
    static let catchUp = ValueReader(shape: .text) { text throws(BadValue) in
        guard let catchUp = ScheduleSpec.CatchUp(rawValue: text) else {
            throw BadValue(expected: "none, last or all", got: text)
        }
        return catchUp
    }
}

/// A key with its value, from `KEY=VALUE`.
struct Label: Sendable, Hashable {
    let key: String
    let value: String
}

extension ValueReader where Value == Label {
    /// `KEY=VALUE`.
    static let label = ValueReader(shape: .pairs) { text throws(BadValue) in
        // By scalars, because an equals sign and a combining mark after it are one character.
        let parts = text.unicodeScalars.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else { throw BadValue(expected: "KEY=VALUE", got: text) }
        return Label(key: parts[0], value: parts[1])
    }
}

/// A queue and the maximum number of its running jobs, from `NAME=SLOTS`.
struct QueueSlots: Sendable, Hashable {
    let name: String
    let slots: Int
}

extension ValueReader where Value == QueueSlots {
    /// `NAME=SLOTS`.
    static let queueSlots = ValueReader(shape: .pairs) { text throws(BadValue) in
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, QueueSettings.isName(parts[0]), let slots = Int(parts[1]),
            (1...10_000).contains(slots)
        else {
            throw BadValue(expected: "QUEUE=SLOTS with 1 to 10000 slots, such as default=4", got: text)
        }
        return QueueSlots(name: parts[0], slots: slots)
    }
}

extension ValueReader where Value == Int? {
    /// An integer in the range, or `none`.
    static func bound(_ range: ClosedRange<Int>) -> ValueReader {
        ValueReader(shape: .text) { text throws(BadValue) in
            if text == "none" { return nil }
            guard let value = Int(text), range.contains(value) else {
                let expected = "none, or a whole number from \(range.lowerBound) to \(range.upperBound)"
                throw BadValue(expected: expected, got: text)
            }
            return value
        }
    }
}

extension ValueReader where Value == String? {
    /// Any text, or `none` for nil.
    static let textOrNone = ValueReader(shape: .text) { text throws(BadValue) in
        text == "none" ? nil : try ValueReader<String>.text.read(text)
    }
}

extension ValueReader where Value == RateLimit? {
    /// `JOBS/SECONDS`, `JOBS/SECONDS/BURST` or `none`.
    static let rateLimit = ValueReader(shape: .text) { text throws(BadValue) in
        if text == "none" { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let jobs = Int(parts[0]),
            FieldBounds.rateLimitJobs.contains(jobs),
            let seconds = Double(parts[1]), FieldBounds.rateLimitPeriodSeconds.contains(seconds),
            let burst = parts.count == 3 ? Int(parts[2]) : jobs, FieldBounds.rateLimitJobs.contains(burst)
        else {
            throw BadValue(expected: "none, or JOBS/SECONDS or JOBS/SECONDS/BURST, such as 100/60", got: text)
        }
        return RateLimit(jobs: jobs, periodSeconds: seconds, burst: burst)
    }
}
