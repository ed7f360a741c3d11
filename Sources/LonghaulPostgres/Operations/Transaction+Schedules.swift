import LonghaulCore

/// Setting schedules, and their ticks.
extension Transaction {
    private static let one = Query(
        "SELECT \(ScheduleRow.columns) FROM longhaul.schedules WHERE name = $1::text FOR UPDATE")
    private static let delete = Query("DELETE FROM longhaul.schedules WHERE name = $1::text")

    /// The schedule of this name, locked; nil if there is none.
    private func schedule(_ name: String) throws -> ScheduleRecord? {
        if let known = schedules[name] { return known }
        let record = try connection.run(Request(Self.one, .text(name))).map(ScheduleRow.read).first
        schedules.updateValue(record, forKey: name)
        return record
    }

    private func save(_ record: ScheduleRecord) {
        schedules.updateValue(record, forKey: record.name)
        writes.append(ScheduleRow.save(record))
    }

    func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) throws -> ScheduleRecord {
        let record = ScheduleRecord(
            replacing: try schedule(name), name: name, spec: spec, caller: caller, firstRunAt: firstRunAt,
            at: now)
        save(record)
        return record
    }

    func deleteSchedule(_ name: String) throws -> Bool {
        guard try schedule(name) != nil else { return false }
        schedules.updateValue(nil, forKey: name)
        writes.append(Request(Self.delete, .text(name)))
        return true
    }

    func fireSchedule(_ firing: ScheduleFiring) throws -> ScheduleOutcome {
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
        save(record)
        return .done(outcome)
    }
}
