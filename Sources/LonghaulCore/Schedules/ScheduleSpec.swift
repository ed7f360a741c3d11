import Foundation
public import LonghaulJSON

/// The specification of a schedule: its job and its times.
public struct ScheduleSpec: Sendable, Hashable {
    /// What happens to ticks while no server runs.
    public enum CatchUp: String, Sendable, Hashable, CaseIterable {
        /// They are skipped.
        case none
        /// The latest one submits one job.
        case last
        /// Each of the latest 100 submits a job.
        case all
    }

    /// The cron expression, such as `0 3 * * *`.
    public var cron: CronExpression
    /// The name of the time zone of the expression, such as `Europe/Paris`.
    public var timeZone: String
    /// The job that each tick submits.
    public var job: NewJob
    /// What happens to ticks while no server runs.
    public var catchUp: CatchUp
    /// Whether the schedule is paused. Ticks during a pause are skipped.
    public var paused: Bool

    /// A schedule with this expression.
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

    /// Whether the text is a valid schedule name: 1–100 characters of `A–Z a–z 0–9 . _ -`.
    public static func isName(_ text: String) -> Bool { QueueSettings.isName(text) }

    /// The ticks; nil if the time zone is unknown.
    public var recurrence: Recurrence? {
        TimeZone(identifier: timeZone).map { Recurrence(cron, in: $0) }
    }

    /// The tags that name a job's schedule and tick.
    public static let tagNames = (schedule: "schedule", tick: "scheduled_at")

    /// The job of one tick of the schedule with this name. Tags of the job with the same names take precedence.
    public func job(named name: String, at tick: Timestamp) -> NewJob {
        var job = job
        job.spec.tags.merge([
            Self.tagNames.schedule: name, Self.tagNames.tick: tick.description,
        ]) { own, _ in own }
        return job
    }

    /// All faults of the schedule; empty if it is valid.
    ///
    /// - Parameter pointer: the place of the schedule in the document, as the prefix of the faults' pointers.
    public func faults(at pointer: JSONPointer = .root) -> [JSONFault] {
        var faults: [JSONFault] = []
        func expect(_ condition: Bool, _ place: JSONPointer, _ message: String) {
            if !condition { faults.append(JSONFault(pointer: place, message: message)) }
        }
        expect(
            TimeZone(identifier: timeZone) != nil, pointer.appending("time_zone"),
            "expected the name of a time zone, such as Europe/Paris")
        let place = pointer.appending("job")
        let one = "is not allowed in the job of a schedule"
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
