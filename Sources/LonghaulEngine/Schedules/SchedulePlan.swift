import LonghaulCore

/// What is to be done about a schedule whose tick has come.
enum SchedulePlan {
    /// How late a tick may be done by a schedule that does not catch up, in seconds.
    static let tolerance = 60.0
    /// How many ticks a schedule that catches up with all does at once.
    static let mostTicks = 100

    /// A step of the plan: the tick to be done, if any, and how the schedule goes on with it.
    struct Step: Sendable, Hashable {
        var tick: Timestamp?
        var advance: ScheduleFiring.Advance
    }

    /// The steps, in order; each is a firing of its own.
    static func steps(_ schedule: ScheduleRecord, _ recurrence: Recurrence, at now: Timestamp) -> [Step] {
        guard let due = schedule.nextRunAt, due <= now else { return [] }
        let count = schedule.spec.catchUp == .all ? mostTicks : 1
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
