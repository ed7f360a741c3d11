import LonghaulCore

/// Decides which ticks of a due schedule to fire.
enum SchedulePlan {
    /// The maximum delay of a tick with `catch_up: none`, in seconds.
    static let tolerance = 60.0
    /// The maximum number of missed ticks that are fired with `catch_up: all`. Older ones are skipped.
    static let maxTicks = 100

    /// A step of the plan: the tick to fire, nil to skip, and the new position of the schedule.
    struct Step: Sendable, Hashable {
        var tick: Timestamp?
        var advance: ScheduleFiring.Advance
    }

    /// The steps in order. Each is one transaction.
    static func steps(_ schedule: ScheduleRecord, _ recurrence: Recurrence, at now: Timestamp) -> [Step] {
        guard let due = schedule.nextRunAt, due <= now else { return [] }
        let count = schedule.spec.catchUp == .all ? maxTicks : 1
        var ticks = recurrence.latest(count, from: due, through: now)
        if schedule.spec.catchUp == .none { ticks.removeAll { now.seconds(since: $0) > tolerance } }
        let next = recurrence.next(after: now)
        guard !ticks.isEmpty else {
            return [Step(tick: nil, advance: ScheduleFiring.Advance(from: due, to: next))]
        }
        return ticks.indices.map { index in
            Step(
                tick: ticks[index],
                advance: ScheduleFiring.Advance(
                    from: index == 0 ? due : ticks[index],
                    to: index + 1 < ticks.count ? ticks[index + 1] : next))
        }
    }
}
