/// A stored schedule.
public struct ScheduleRecord: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its specification.
    public var spec: ScheduleSpec
    /// The caller that set it, who is also the caller of its jobs.
    public var caller: String
    /// The version of the schedule. It increases with every change, and is never used again for the same name.
    public var revision: Int64
    /// When it was created.
    public var createdAt: Timestamp
    /// When it was last set.
    public var updatedAt: Timestamp
    /// The next tick; nil while the schedule is paused, or if there is none.
    public var nextRunAt: Timestamp?
    /// When it last submitted a job.
    public var lastRunAt: Timestamp?
    /// The last job that it submitted.
    public var lastJobID: JobID?

    /// The schedule after it was created or updated. Every driver uses this function.
    ///
    /// A due tick stays due unless the expression changes.
    ///
    /// - Parameters:
    ///   - old: the old schedule; nil for a new one.
    ///   - firstRunAt: the first tick after `now`.
    public init(
        replacing old: ScheduleRecord?, name: String, spec: ScheduleSpec, caller: String,
        firstRunAt: Timestamp?, at now: Timestamp
    ) {
        self.name = name
        self.spec = spec
        self.caller = caller
        revision = max((old?.revision ?? 0) + 1, now.milliseconds)
        createdAt = old?.createdAt ?? now
        updatedAt = now
        lastRunAt = old?.lastRunAt
        lastJobID = old?.lastJobID
        nextRunAt = spec.paused ? nil : firstRunAt
        if let old, let due = old.nextRunAt, !spec.paused, old.spec.cron == spec.cron,
            old.spec.timeZone == spec.timeZone
        {
            nextRunAt = due
        }
    }

    /// A stored schedule.
    public init(
        name: String, spec: ScheduleSpec, caller: String, revision: Int64, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.name = name
        self.spec = spec
        self.caller = caller
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

extension ScheduleRecord {
    /// Records the outcome of a job that the schedule submitted. Every driver uses this function.
    public mutating func ran(_ outcome: SubmitOutcome, at now: Timestamp) {
        switch outcome {
        case .created(let job), .existing(let job):
            lastRunAt = now
            lastJobID = job.id
        case .refused: break
        }
    }
}

/// A page of schedules, by name.
public struct SchedulePage: Sendable, Hashable {
    /// The schedules.
    public var schedules: [ScheduleRecord]
    /// Whether there are more schedules after the last one.
    public var hasMore: Bool

    /// A page of these schedules.
    public init(schedules: [ScheduleRecord], hasMore: Bool) {
        self.schedules = schedules
        self.hasMore = hasMore
    }
}

/// The schedules that are due.
public struct DueSchedules: Sendable, Hashable {
    /// The schedules, the most overdue first.
    public var schedules: [ScheduleRecord]
    /// The store's time at which they were due.
    public var now: Timestamp
    /// The earliest next tick of all schedules, past or future; nil if there is none.
    public var nextAt: Timestamp?

    /// These schedules are due.
    public init(schedules: [ScheduleRecord], now: Timestamp, nextAt: Timestamp?) {
        self.schedules = schedules
        self.now = now
        self.nextAt = nextAt
    }
}

/// One tick of a schedule, or one manual run. If several servers try it, one succeeds.
public struct ScheduleFiring: Sendable, Hashable {
    /// The step of a schedule from one tick to the next.
    public struct Advance: Sendable, Hashable {
        /// The tick at which the schedule must be.
        public var from: Timestamp
        /// The next tick; nil if there is none.
        public var to: Timestamp?

        /// A step from a tick to the next.
        public init(from: Timestamp, to: Timestamp?) {
            self.from = from
            self.to = to
        }
    }

    /// The schedule.
    public var name: String
    /// The version of the schedule that was read.
    public var revision: Int64
    /// The step to the next tick; nil for a manual run, which does not change the ticks.
    public var advance: Advance?
    /// The job; nil for a skipped tick.
    public var submission: Submission?

    /// A firing of this version of a schedule.
    public init(schedule: ScheduleRecord, advance: Advance?, submission: Submission?) {
        name = schedule.name
        revision = schedule.revision
        self.advance = advance
        self.submission = submission
    }
}

extension ScheduleFiring {
    /// Whether a schedule has not changed since it was read. Every driver uses this function.
    public func isFor(_ record: ScheduleRecord) -> Bool {
        record.revision == revision && (advance.map { $0.from == record.nextRunAt } ?? true)
    }
}

/// The outcome of a firing.
public enum ScheduleOutcome: Sendable, Hashable {
    /// The tick is done. The value is the outcome of its job, which was accepted; nil if the tick was skipped.
    case done(SubmitOutcome?)
    /// The job was rejected, and the schedule has not changed.
    case refused(LonghaulError)
    /// The schedule has advanced or was deleted: another server was first.
    case stale
}
