import Foundation
public import LonghaulJSON

/// What a schedule is to do, and when.
public struct ScheduleSpec: Sendable, Hashable {
    /// What becomes of ticks at which no server ran.
    public enum CatchUp: String, Sendable, Hashable, CaseIterable {
        /// They are left out.
        case none
        /// The latest of them submits one job.
        case last
        /// Each submits a job, the latest 100 at most.
        case all
    }

    /// The pattern, such as `0 3 * * *`.
    public var cron: CronExpression
    /// The name of the time zone on whose clock it is read, such as `Europe/Paris`.
    public var timeZone: String
    /// The job that each tick submits.
    public var job: NewJob
    /// What becomes of ticks at which no server ran.
    public var catchUp: CatchUp
    /// Whether it does not tick. Ticks of that time are left out.
    public var paused: Bool

    /// A schedule of this pattern.
    public init(
        cron: CronExpression, timeZone: String = "UTC", job: NewJob, catchUp: CatchUp = .last,
        paused: Bool = false
    ) {
        self.cron = cron
        self.timeZone = timeZone
        self.job = job
        self.catchUp = catchUp
        self.paused = paused
    }

    /// Whether a schedule's name is one: 1–100 characters of `A–Z a–z 0–9 . _ -`.
    public static func isName(_ text: String) -> Bool { QueueSettings.isName(text) }

    /// When it ticks; nil if the time zone is not known here.
    public var recurrence: Recurrence? {
        TimeZone(identifier: timeZone).map { Recurrence(cron, in: $0) }
    }

    /// The tags that tell a job of its schedule and tick.
    public static let tagNames = (schedule: "schedule", tick: "scheduled_at")

    /// The job of one tick of the schedule of this name; its own tags of the same names stay.
    public func job(named name: String, at tick: Timestamp) -> NewJob {
        var job = job
        job.spec.tags.merge([
            Self.tagNames.schedule: name, Self.tagNames.tick: tick.description,
        ]) { own, _ in own }
        return job
    }

    /// Every fault of the schedule; none if it is valid.
    ///
    /// - Parameter pointer: its place in what was sent, for the faults' own pointers.
    public func faults(at pointer: JSONPointer = .root) -> [JSONFault] {
        var faults: [JSONFault] = []
        func expect(_ condition: Bool, _ place: JSONPointer, _ message: String) {
            if !condition { faults.append(JSONFault(pointer: place, message: message)) }
        }
        expect(
            TimeZone(identifier: timeZone) != nil, pointer.appending("time_zone"),
            "expected the name of a time zone, such as Europe/Paris")
        let place = pointer.appending("job")
        let one = "belongs to one job, not to one at every tick"
        if case .at = job.start { expect(false, place.appending("run_at"), one) }
        expect(job.spec.expiresAt == nil, place.appending("expires_at"), one)
        expect(job.idempotencyKey == nil, place.appending("idempotency_key"), one)
        expect(job.dependsOn.isEmpty, place.appending("depends_on"), one)
        let ticking = self.job(named: "x", at: .distantFuture)
        expect(
            FieldBounds.tags.contains(ticking.spec.tags.count), place.appending("tags"),
            "must be at most \(FieldBounds.scheduledTags.upperBound), as schedule and scheduled_at are added")
        return faults
    }
}
