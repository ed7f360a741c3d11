import LonghaulCore

/// Setting schedules, and their ticks.
extension Transaction {
    private static let delete = Query("DELETE FROM schedules WHERE name = ?1")

    func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) throws -> ScheduleRecord {
        let record = ScheduleRecord(
            replacing: try loader.schedule(name), name: name, spec: spec, caller: caller,
            firstRunAt: firstRunAt, at: now)
        try save(record)
        return record
    }

    private func save(_ record: ScheduleRecord) throws {
        try connection.run(ScheduleRow.save, ScheduleRow.values(of: record))
    }

    func deleteSchedule(_ name: String) throws -> Bool {
        try connection.run(Self.delete, .text(name))
        return connection.changedRows > 0
    }

    func fireSchedule(_ firing: ScheduleFiring) throws -> ScheduleOutcome {
        guard var record = try loader.schedule(firing.name), firing.isFor(record) else { return .stale }
        var outcome: SubmitOutcome?
        if let submission = firing.submission {
            var scope = SubmissionScope()
            let submitted = try submit(submission, &scope)
            if case .refused(let error) = submitted { return .refused(error) }
            record.ran(submitted, at: now)
            outcome = submitted
        }
        if let advance = firing.advance { record.nextRunAt = advance.to }
        try save(record)
        return .done(outcome)
    }
}
