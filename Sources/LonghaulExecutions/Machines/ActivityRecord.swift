internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// An activity, as it is stored.
struct ActivityRecord: Sendable, Hashable {
    let name: String
    let createdAt: Timestamp
    /// `encryptionConfiguration`; nil if the caller has sent none.
    let encryption: StateValue?
    var tags: Tags
    /// The revision of the record; 0 if it is not stored.
    private let recordRevision: Int64

    init(name: String, createdAt: Timestamp, encryption: StateValue?, tags: Tags) {
        self.name = name
        self.createdAt = createdAt
        self.encryption = encryption
        self.tags = tags
        recordRevision = 0
    }

    static func key(_ name: String) -> RecordKey { RecordKey(.activity, name) }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        name = record.key.name
        createdAt = try reader.time("createdAt")
        encryption = reader.value["encryption"]
        tags = Tags(stored: reader.value["tags"])
        recordRevision = record.revision
    }

    /// The write that stores the activity, if the stored one is still the one that was read.
    var write: RecordWrite {
        var object = StateObject([("createdAt", .time(createdAt)), ("tags", tags.stored)])
        object["encryption"] = encryption
        return RecordWrite(
            ActivityRecord.key(name), StateValue.object(object).json,
            if: recordRevision == 0 ? .absent : .revision(recordRevision))
    }
}
