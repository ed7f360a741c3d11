public import Foundation

/// A cron expression in a time zone: the moments at which a schedule ticks.
///
/// When the clock is set forward, a skipped reading ticks once, at the moment of the change. When it is set back, a
/// repeated reading ticks the first time. An expression that matches every hour follows elapsed time instead: it does
/// not tick for skipped readings, and ticks twice for repeated ones.
public struct Recurrence: Sendable, Hashable {
    /// The expression.
    public let cron: CronExpression
    /// The time zone.
    public let timeZone: TimeZone

    /// An expression in a time zone.
    public init(_ cron: CronExpression, in timeZone: TimeZone) {
        self.cron = cron
        self.timeZone = timeZone
    }

    /// The first tick after a moment; nil if there is none.
    public func next(after moment: Timestamp) -> Timestamp? {
        let minute = moment.milliseconds.floored(by: 60_000) / 1000
        let tick = cron.isEveryHour ? firstPassing(from: minute + 60) : firstNamed(after: minute)
        return tick.flatMap { second in
            let tick = Timestamp(milliseconds: second * 1000)
            return tick <= .distantFuture ? tick : nil
        }
    }

    /// The latest ticks up to a moment, the oldest first.
    ///
    /// - Parameters:
    ///   - first: a tick; earlier ticks are ignored.
    ///   - count: the maximum number of ticks.
    public func latest(_ count: Int, from first: Timestamp, through end: Timestamp) -> [Timestamp] {
        guard first <= end else { return [] }
        var span = 120.0
        while true {
            let start = end.adding(seconds: -span)
            let isAll = start < first
            var ticks = isAll ? [first] : []
            var last = isAll ? first : start
            while let tick = next(after: last), tick <= end {
                ticks.append(tick)
                last = tick
            }
            if isAll || ticks.count >= count { return Array(ticks.suffix(count)) }
            // The search goes backwards in growing steps, because the range may span years of minutes.
            span *= 2
        }
    }

    // MARK: Clock readings. Moments are seconds since 1970.

    private func offset(_ second: Int64) -> Int64 {
        Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
    }

    private func reading(_ second: Int64, _ offset: Int64) -> LocalMinute {
        LocalMinute(value: Int((second + offset).floored(by: 60) / 60))
    }

    /// The first clock change after `start`, up to `end`.
    private func jump(after start: Int64, upTo end: Int64) -> Int64 {
        let before = offset(start)
        var low = start
        var high = end
        while high - low > 60 {
            let middle = low + ((high - low) / 2).floored(by: 60)
            if offset(middle) == before { low = middle } else { high = middle }
        }
        return high
    }

    private static let day: Int64 = 86_400

    /// The moment of a reading, the first of two. For a skipped reading: the moment of the clock change, and not exact.
    private func moment(of reading: LocalMinute) -> (second: Int64, isExact: Bool) {
        let second = Int64(reading.value) * 60
        let before = offset(second - Self.day)
        let after = offset(second + Self.day)
        for offset in [before, after] where self.offset(second - offset) == offset {
            return (second - offset, true)
        }
        return (jump(after: second - Self.day, upTo: second + Self.day), false)
    }

    /// The first tick of an expression that names hours.
    private func firstNamed(after second: Int64) -> Int64? {
        var reading = reading(second, offset(second))
        while let next = cron.first(from: LocalMinute(value: reading.value + 1)) {
            let moment = moment(of: next)
            if moment.second > second { return moment.second }
            // This is the second occurrence of the reading.
            reading = next
        }
        return nil
    }

    /// How far ahead the search looks for a clock change that repeats readings.
    private static let maxRepeat: Int64 = 4 * 3600

    /// The first tick of an expression that matches every hour.
    private func firstPassing(from start: Int64) -> Int64? {
        var start = start
        while true {
            let offset = offset(start)
            guard let next = cron.first(from: reading(start + 59, offset)) else { return nil }
            let second = Int64(next.value) * 60 - offset
            let near = min(second, start + Self.maxRepeat)
            if self.offset(near) != offset {
                start = jump(after: start, upTo: near)
            } else if self.offset(second) == offset {
                return second
            } else {
                return firstExact(from: next)
            }
        }
    }

    private func firstExact(from reading: LocalMinute) -> Int64? {
        var reading = reading
        while let next = cron.first(from: reading) {
            let moment = moment(of: next)
            if moment.isExact { return moment.second }
            reading = LocalMinute(value: next.value + 1)
        }
        return nil
    }
}

extension Int64 {
    /// The greatest multiple of a number that is not greater than this one.
    fileprivate func floored(by unit: Int64) -> Int64 {
        let rest = self % unit
        return self - (rest < 0 ? rest + unit : rest)
    }
}
