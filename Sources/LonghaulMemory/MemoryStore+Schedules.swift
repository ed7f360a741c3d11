public import LonghaulCore

/// Schedules.
extension MemoryStore {
    /// A page of schedules, by name.
    public func schedules(after name: String?, limit: Int) async throws -> SchedulePage {
        let found = try read().schedules.values.filter { $0.name > name ?? "" }
            .sorted { $0.name < $1.name }
        return SchedulePage(schedules: Array(found.prefix(limit)), hasMore: found.count > limit)
    }

    /// The schedule of this name; nil if there is none.
    public func schedule(_ name: String) async throws -> ScheduleRecord? {
        try read().schedules[name]
    }

    /// Sets a schedule.
    public func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord {
        try write { transaction in
            let record = ScheduleRecord(
                replacing: transaction.tables.schedules[name], name: name, spec: spec, caller: caller,
                firstRunAt: firstRunAt, at: transaction.now)
            transaction.tables.schedules[name] = record
            return record
        }
    }

    /// Removes a schedule.
    public func deleteSchedule(_ name: String) async throws -> Bool {
        try write { $0.tables.schedules.removeValue(forKey: name) != nil }
    }

    /// The schedules whose tick has come.
    public func dueSchedules(limit: Int) async throws -> DueSchedules {
        let now = database.time.now()
        let ticking = try read().schedules.values.filter { $0.nextRunAt != nil }
            .sorted { ($0.nextRunAt ?? now, $0.name) < ($1.nextRunAt ?? now, $1.name) }
        let due = ticking.prefix { $0.nextRunAt.map { $0 <= now } ?? false }
        return DueSchedules(
            schedules: Array(due.prefix(limit)), now: now, nextAt: ticking.first?.nextRunAt)
    }

    /// Does a tick once.
    public func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome {
        try write { $0.fire(firing) }
    }
}

extension Transaction {
    fileprivate func fire(_ firing: ScheduleFiring) -> ScheduleOutcome {
        guard var record = tables.schedules[firing.name], firing.isFor(record) || flaw == .blindTick else {
            return .stale
        }
        var outcome: SubmitOutcome?
        if let submission = firing.submission {
            var scope = SubmissionScope()
            let submitted = submit(submission, &scope)
            if case .refused(let error) = submitted { return .refused(error) }
            record.ran(submitted, at: now)
            outcome = submitted
        }
        if let advance = firing.advance { record.nextRunAt = advance.to }
        tables.schedules[firing.name] = record
        return .done(outcome)
    }
}
