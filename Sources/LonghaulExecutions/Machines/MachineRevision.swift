public import LonghaulCore
internal import LonghaulJSON
public import LonghaulStates

/// A revision of a state machine: its definition, parsed, and what it is run with. It never changes.
public final class MachineRevision: Sendable {
    /// The key.
    public let key: RevisionKey
    /// The text of the definition.
    public let definition: String
    /// The definition.
    public let machine: StateMachine
    /// The role.
    public let roleARN: String
    /// The configuration of logging, tracing and encryption.
    public let configuration: MachineConfiguration
    /// When it was created.
    public let createdAt: Timestamp

    /// A revision.
    ///
    /// - Throws: ``DefinitionError`` if the definition is not valid.
    init(
        key: RevisionKey, definition: String, roleARN: String, configuration: MachineConfiguration,
        createdAt: Timestamp
    ) throws(DefinitionError) {
        self.key = key
        self.definition = definition
        self.roleARN = roleARN
        self.configuration = configuration
        self.createdAt = createdAt
        machine = try StateMachine(parsing: definition)
    }

    convenience init(_ record: KeyedRecord, _ key: RevisionKey) throws {
        let reader = try RecordReader(record)
        try self.init(
            key: key, definition: try reader.text("definition"), roleARN: try reader.text("role"),
            configuration: MachineConfiguration(stored: reader.value), createdAt: try reader.time("createdAt")
        )
    }

    /// The write that stores the revision.
    var write: RecordWrite {
        var object = StateObject([
            ("definition", .string(definition)), ("role", .string(roleARN)), ("createdAt", .time(createdAt)),
        ])
        configuration.store(in: &object)
        return RecordWrite(key.record, StateValue.object(object).json, if: .absent)
    }
}

/// The key of a revision of a state machine.
public struct RevisionKey: Sendable, Hashable {
    /// ``MachineRecord/id`` of the machine.
    public var machineID: String
    /// The identifier of the revision.
    public var revisionID: String

    /// A key.
    public init(machineID: String, revisionID: String) {
        self.machineID = machineID
        self.revisionID = revisionID
    }

    var record: RecordKey { RecordKey(.revision, "\(machineID)/\(revisionID)") }
}
