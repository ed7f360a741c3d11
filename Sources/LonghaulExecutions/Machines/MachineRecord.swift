public import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// The type of a state machine.
public enum MachineType: String, Sendable, Hashable {
    /// Executions are stored.
    case standard = "STANDARD"
    /// Executions run in memory.
    case express = "EXPRESS"
}

/// A state machine, as it is stored.
public struct MachineRecord: Sendable, Hashable {
    /// The name.
    public let name: String
    /// What distinguishes the machine from others that had the same name before: 32 hexadecimal digits.
    public let id: String
    /// The type.
    public let type: MachineType
    /// When it was created.
    public let createdAt: Timestamp
    /// When it was updated last; nil if it was not.
    public var updatedAt: Timestamp?
    /// The identifier of the current revision.
    public var revisionID: String
    /// The number of the next version.
    public var nextVersion: Int
    /// The description of the version that was published when the machine was created; nil if there was none.
    var publication: String?
    /// The tags.
    public var tags: Tags
    /// The revision of the record; 0 if it is not stored.
    var recordRevision: Int64 = 0

    /// The identifier of the revision with which a machine was created.
    public static let initialRevision = "INITIAL"

    init(name: String, id: String, type: MachineType, createdAt: Timestamp, tags: Tags) {
        self.name = name
        self.id = id
        self.type = type
        self.createdAt = createdAt
        self.tags = tags
        revisionID = MachineRecord.initialRevision
        nextVersion = 1
    }

    /// The key of the current revision.
    public var currentRevision: RevisionKey { RevisionKey(machineID: id, revisionID: revisionID) }

    /// Makes the current revision the next version.
    mutating func publish(description: String, at time: Timestamp) -> VersionRecord {
        defer { nextVersion += 1 }
        return VersionRecord(
            machineID: id, number: nextVersion, revisionID: revisionID, description: description,
            createdAt: time)
    }

    static func key(_ name: String) -> RecordKey { RecordKey(.machine, name) }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        name = record.key.name
        id = try reader.text("id")
        type = MachineType(rawValue: try reader.text("type")) ?? .standard
        createdAt = try reader.time("createdAt")
        updatedAt = reader.optionalTime("updatedAt")
        revisionID = try reader.text("revision")
        nextVersion = try reader.integer("nextVersion")
        publication = reader.value["publication"]?.string
        tags = Tags(stored: reader.value["tags"])
        recordRevision = record.revision
    }

    /// The writes that store the machine, if the stored one is still the one that was read.
    var writes: [RecordWrite] {
        var object = StateObject([
            ("id", .string(id)), ("type", .string(type.rawValue)), ("createdAt", .time(createdAt)),
            ("revision", .string(revisionID)), ("nextVersion", .integer(nextVersion)), ("tags", tags.stored),
        ])
        object["publication"] = publication.map { .string($0) }
        object["updatedAt"] = updatedAt.map { .time($0) }
        return ResourceGuard(id: id, recordRevision: recordRevision).writes(
            MachineRecord.key(name), StateValue.object(object).json)
    }

    /// The writes that remove the machine, if the stored one is still the one that was read.
    var deletion: [RecordWrite] {
        ResourceGuard(id: id, recordRevision: recordRevision).writes(MachineRecord.key(name), nil)
    }
}
