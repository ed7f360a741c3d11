internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// A version of a state machine, as it is stored.
struct VersionRecord: Sendable, Hashable {
    let machineID: String
    let number: Int
    let revisionID: String
    let description: String
    let createdAt: Timestamp

    init(machineID: String, number: Int, revisionID: String, description: String, createdAt: Timestamp) {
        self.machineID = machineID
        self.number = number
        self.revisionID = revisionID
        self.description = description
        self.createdAt = createdAt
    }

    static func key(_ machineID: String, _ number: Int) -> RecordKey {
        let digits = String(number)
        return RecordKey(
            .version, machineID + "/" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits)
    }

    /// The versions of a machine, the newest one first.
    static func range(_ machineID: String) -> RecordRange {
        var range = RecordRange(.version, limit: 0)
        range.prefix = machineID + "/"
        range.isDescending = true
        return range
    }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        let parts = record.key.name.split(separator: "/")
        guard parts.count == 2, let number = Int(parts[1]) else { throw RecordReader.damaged(record.key) }
        machineID = String(parts[0])
        self.number = number
        revisionID = try reader.text("revision")
        description = try reader.text("description")
        createdAt = try reader.time("createdAt")
    }

    var write: RecordWrite {
        let value = StateValue.members([
            ("revision", .string(revisionID)), ("description", .string(description)),
            ("createdAt", .time(createdAt)),
        ])
        return RecordWrite(VersionRecord.key(machineID, number), value.json, if: .absent)
    }
}
