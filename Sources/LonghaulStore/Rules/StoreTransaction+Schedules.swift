package import LonghaulCore

/// Schedules and their ticks, and the routing table.
extension StoreTransaction {
    /// Sets a schedule.
    package func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) throws -> ScheduleRecord {
        let record = ScheduleRecord(
            replacing: try schedule(name), name: name, spec: spec, caller: caller, firstRunAt: firstRunAt,
            at: now)
        try upsert(record)
        announceSettings()
        return record
    }

    /// Removes a schedule; returns whether it existed.
    package func deleteSchedule(_ name: String) throws -> Bool {
        guard try removeSchedule(name) else { return false }
        announceSettings()
        return true
    }

    /// Replaces the routing table.
    package func setRouting(_ table: RoutingTable) throws {
        try replaceRouting(table)
        announceSettings()
    }

    /// Runs a tick once.
    package func fireSchedule(_ firing: ScheduleFiring) throws -> ScheduleOutcome {
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
        return .done(outcome)
    }
}
