import LonghaulCore
import LonghaulStore

/// Schedules.
extension Transaction {
    private static let one = Query(
        "SELECT \(ScheduleRecord.columnNames) FROM longhaul.schedules WHERE name = $1::text FOR UPDATE")
    private static let delete = Query("DELETE FROM longhaul.schedules WHERE name = $1::text")

    /// The schedule of this name, locked; nil if there is none.
    func schedule(_ name: String) throws -> ScheduleRecord? {
        if let known = schedules[name] { return known }
        let record = try connection.run(Request(Self.one, .text(name))).map { try ScheduleRecord(&$0) }.first
        schedules.updateValue(record, forKey: name)
        return record
    }

    func upsert(_ record: ScheduleRecord) {
        schedules.updateValue(record, forKey: record.name)
        writes.append(record.upsert)
    }

    func removeSchedule(_ name: String) throws -> Bool {
        guard try schedule(name) != nil else { return false }
        schedules.updateValue(nil, forKey: name)
        writes.append(Request(Self.delete, .text(name)))
        return true
    }
}

extension ScheduleRecord {
    private static let upsertion = Query(
        """
        INSERT INTO longhaul.schedules (\(columnNames)) VALUES (\(placeholders))
        ON CONFLICT (name) DO UPDATE SET (\(columnNames)) = (\(excluded))
        """)

    /// Stores a schedule, in place of an earlier one.
    var upsert: Request { Request(Self.upsertion, parameters) }
}
