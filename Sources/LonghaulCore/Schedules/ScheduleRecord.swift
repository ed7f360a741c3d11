/// A schedule as the store keeps it.
public struct ScheduleRecord: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// What it is to do.
    public var spec: ScheduleSpec
    /// Who made it so: its jobs are this caller's.
    public var caller: String
    /// Which version of the schedule this is; rises with each, and none comes again under the same name.
    public var revision: Int64
    /// When it was made.
    public var createdAt: Timestamp
    /// When it was last set.
    public var updatedAt: Timestamp
    /// The tick that is next; nil while it is paused, or if there will be none.
    public var nextRunAt: Timestamp?
    /// When it last submitted a job.
    public var lastRunAt: Timestamp?
    /// The job that it last submitted.
    public var lastJobID: JobID?

    /// What setting a schedule makes of it. Every driver decides by it.
    ///
    /// A tick that is due stays due unless the pattern changes.
    ///
    /// - Parameters:
    ///   - old: the schedule as it was; nil for a new one.
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

    /// A schedule of these facts.
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
    /// Notes what came of a job that the schedule submitted. Every driver does it by this.
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
    /// Whether there are more after the last of them.
    public var hasMore: Bool

    /// A page of these schedules.
    public init(schedules: [ScheduleRecord], hasMore: Bool) {
        self.schedules = schedules
        self.hasMore = hasMore
    }
}

/// The schedules whose tick has come.
public struct DueSchedules: Sendable, Hashable {
    /// The schedules, the most overdue first.
    public var schedules: [ScheduleRecord]
    /// The store's moment at which they were due.
    public var now: Timestamp
    /// The first tick of all schedules, past or future; nil if none will tick.
    public var nextAt: Timestamp?

    /// These schedules are due.
    public init(schedules: [ScheduleRecord], now: Timestamp, nextAt: Timestamp?) {
        self.schedules = schedules
        self.now = now
        self.nextAt = nextAt
    }
}

/// One tick of a schedule, or one run out of turn, to be done once however many servers try.
public struct ScheduleFiring: Sendable, Hashable {
    /// From which tick to which a schedule goes on.
    public struct Advance: Sendable, Hashable {
        /// The tick that the schedule must still be at.
        public var from: Timestamp
        /// The tick that is next; nil if there will be none.
        public var to: Timestamp?

        /// From a tick to the next.
        public init(from: Timestamp, to: Timestamp?) {
            self.from = from
            self.to = to
        }
    }

    /// The schedule.
    public var name: String
    /// The version of it that was read.
    public var revision: Int64
    /// How it goes on; nil for a run out of turn, which leaves its ticks alone.
    public var advance: Advance?
    /// The job; nil for a tick that is left out.
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
    /// Whether a schedule is still as it was read. Every driver decides by it.
    public func isFor(_ record: ScheduleRecord) -> Bool {
        record.revision == revision && (advance.map { $0.from == record.nextRunAt } ?? true)
    }
}

/// What became of a firing.
public enum ScheduleOutcome: Sendable, Hashable {
    /// The tick is done: this came of its job, which is not refused; nil if it was left out.
    case done(SubmitOutcome?)
    /// The job was refused, and the schedule is as it was.
    case refused(LonghaulError)
    /// The schedule has moved on, or is gone: another server was first.
    case stale
}
