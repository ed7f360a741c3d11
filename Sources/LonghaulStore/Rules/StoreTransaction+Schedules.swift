package import LonghaulCore
import LonghaulJSON

/// Schedules and their ticks, and the routing table.
extension StoreTransaction {
    /// Sets a schedule.
    package func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?,
        by source: AuditSource? = nil
    ) throws -> ScheduleRecord {
        let old = try schedule(name)
        let new = ScheduleRecord(
            replacing: old, name: name, spec: spec, caller: caller, firstRunAt: firstRunAt, at: now)
        try upsert(new)
        announceSettings()
        try record(new, replacing: old, by: source)
        return new
    }

    /// Removes a schedule; returns whether it existed.
    package func deleteSchedule(_ name: String, by source: AuditSource? = nil) throws -> Bool {
        let old = source == nil ? nil : try schedule(name)
        guard try removeSchedule(name) else { return false }
        announceSettings()
        try record(.deleteSchedule, of: [name], by: source, before: old.map(Self.facts))
        return true
    }

    /// Replaces the routing table.
    package func setRouting(_ table: RoutingTable, by source: AuditSource? = nil) throws {
        let old = source == nil ? table : try routing()
        try replaceRouting(table)
        announceSettings()
        guard old != table else { return }
        try record(
            .setRouting, of: ["routing"], by: source, before: JSONText(writing: old),
            after: JSONText(writing: table))
    }

    /// Runs a tick once.
    package func fireSchedule(
        _ firing: ScheduleFiring, by source: AuditSource? = nil
    ) throws -> ScheduleOutcome {
        guard var record = try schedule(firing.name), firing.isFor(record) else { return .stale }
        var outcome: SubmitOutcome?
        if let submission = firing.submission {
            var scope = SubmissionScope()
            let submitted = try submit(submission, &scope)
            if case .refused(let error) = submitted { return .refused(error) }
            record.ran(submitted, at: now)
            outcome = submitted
        }
        if let advance = firing.advance { record.nextRunAt = advance.to }
        try upsert(record)
        if let job = record.lastJobID, outcome != nil {
            try self.record(.runSchedule, of: [record.name, job.description], by: source)
        }
        return .done(outcome)
    }

    /// Records the change of a schedule, unless nothing has changed.
    private func record(
        _ new: ScheduleRecord, replacing old: ScheduleRecord?, by source: AuditSource?
    ) throws {
        guard source != nil, new.spec != old?.spec || new.caller != old?.caller else { return }
        var action = AuditAction.setSchedule
        if let old, old.caller == new.caller, old.spec.paused != new.spec.paused {
            var same = old.spec
            same.paused = new.spec.paused
            if same == new.spec { action = same.paused ? .pauseSchedule : .resumeSchedule }
        }
        try record(
            action, of: [new.name], by: source, before: old.map(Self.facts), after: Self.facts(of: new))
    }

    /// The facts of a schedule for the audit log. The job is a digest, because its payload can hold secrets.
    private static func facts(of record: ScheduleRecord) -> JSONText {
        let job = JSONText(writing: record.spec.job)
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("cron", record.spec.cron.description)
            writer.field("time_zone", record.spec.timeZone)
            writer.field("catch_up", record.spec.catchUp.rawValue)
            writer.field("paused", record.spec.paused)
            writer.field("caller", record.caller)
            writer.object("job") { writer in
                writer.field("kind", record.spec.job.spec.kind)
                writer.field("queue", record.spec.job.spec.queue)
                writer.field("sha256", SHA256.hexadecimal(SHA256.digest(job.bytes)))
            }
        }
        return writer.text
    }
}
