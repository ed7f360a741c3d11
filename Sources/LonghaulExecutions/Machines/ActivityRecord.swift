internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// An activity, as it is stored.
struct ActivityRecord: Sendable, Hashable {
    let name: String
    /// What distinguishes the activity from others that had the same name before: 32 hexadecimal digits.
    let id: String
    let createdAt: Timestamp
    /// `encryptionConfiguration`; nil if the caller has sent none.
    let encryption: StateValue?
    var tags: Tags
    /// The revision of the record; 0 if it is not stored.
    private let recordRevision: Int64

    init(name: String, id: String, createdAt: Timestamp, encryption: StateValue?, tags: Tags) {
        self.name = name
        self.id = id
        self.createdAt = createdAt
        self.encryption = encryption
        self.tags = tags
        recordRevision = 0
    }

    static func key(_ name: String) -> RecordKey { RecordKey(.activity, name) }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        name = record.key.name
        id = try reader.text("id")
        createdAt = try reader.time("createdAt")
        encryption = reader.value["encryption"]
        tags = Tags(stored: reader.value["tags"])
        recordRevision = record.revision
    }

    /// The writes that store the activity, if the stored one is still the one that was read.
    var writes: [RecordWrite] {
        var object = StateObject([
            ("id", .string(id)), ("createdAt", .time(createdAt)), ("tags", tags.stored),
        ])
        object["encryption"] = encryption
        return ResourceGuard(id: id, recordRevision: recordRevision).writes(
            ActivityRecord.key(name), StateValue.object(object).json)
    }

    /// The writes that remove the activity, if the stored one is still the one that was read.
    var deletion: [RecordWrite] {
        ResourceGuard(id: id, recordRevision: recordRevision).writes(ActivityRecord.key(name), nil)
    }
}
