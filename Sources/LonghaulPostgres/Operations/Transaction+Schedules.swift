import LonghaulCore

/// Schedules.
extension Transaction {
    private static let one = Query(
        "SELECT \(ScheduleRow.columns) FROM longhaul.schedules WHERE name = $1::text FOR UPDATE")
    private static let delete = Query("DELETE FROM longhaul.schedules WHERE name = $1::text")

    /// The schedule of this name, locked; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord? {
        if let known = schedules[name] { return known }
        let record = try connection.run(Request(Self.one, .text(name))).map(ScheduleRow.read).first
        schedules.updateValue(record, forKey: name)
        return record
    }

    func upsert(_ record: ScheduleRecord) {
        schedules.updateValue(record, forKey: record.name)
        writes.append(ScheduleRow.upsert(record))
    }

    func deleteSchedule(_ name: String) throws -> Bool {
        guard try schedule(name) != nil else { return false }
        schedules.updateValue(nil, forKey: name)
        changedSettings = true
        writes.append(Request(Self.delete, .text(name)))
        return true
    }
}
