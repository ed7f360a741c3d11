internal import LonghaulCore
internal import LonghaulJSON

/// A revision of a state machine that an execution starts with.
public struct StartableMachine: Sendable {
    /// The machine.
    public let record: MachineRecord
    /// The revision.
    public let revision: MachineRevision
    /// The version, if the caller has named a version or an alias.
    public let versionARN: String?
    /// The alias, if the caller has named one.
    public let aliasARN: String?
}

extension StepFunctions {
    /// The revision that an execution of a machine, a version or an alias starts with. An alias with two versions
    /// selects one of them by their weights.
    ///
    /// - Throws: `InvalidArn`, `StateMachineDoesNotExist`.
    public func startableMachine(_ arn: String) async throws(ServiceError) -> StartableMachine {
        let name = try machineName(arn)
        let record = try await machine(name, arn: arn)
        switch name {
        case .version(_, let number):
            return try await startable(record, version: number, alias: nil, arn: arn)
        case .alias(_, let alias):
            guard let alias = try await self.alias(record.id, alias), let number = alias.version(random)
            else {
                throw .noMachine(arn)
            }
            return try await startable(record, version: number, alias: alias.name, arn: arn)
        default:
            let revision = try await currentRevision(record, arn: arn)
            return StartableMachine(record: record, revision: revision, versionARN: nil, aliasARN: nil)
        }
    }

    private func startable(
        _ record: MachineRecord, version number: Int, alias: String?, arn: String
    ) async throws(ServiceError) -> StartableMachine {
        guard let version = try await version(record.id, number),
            let revision = try await revision(
                RevisionKey(machineID: record.id, revisionID: version.revisionID))
        else { throw .noMachine(arn) }
        return StartableMachine(
            record: record, revision: revision,
            versionARN: names.arn(.version(machine: record.name, number: number)),
            aliasARN: alias.map { names.arn(.alias(machine: record.name, name: $0)) })
    }

    /// A revision, from the cache or the store; nil if there is none.
    ///
    /// - Throws: `ServiceUnavailable` or `InternalFailure`.
    public func revision(_ key: RevisionKey) async throws(ServiceError) -> MachineRevision? {
        if let revision = definitions[key] { return revision }
        guard let record = try await read(key.record) else { return nil }
        let revision = try await StepFunctions.apart(bytes: record.value.bytes.count) {
            try MachineRevision(record, key)
        }
        definitions.insert(revision)
        return revision
    }

    /// The current revision of a machine.
    func currentRevision(_ record: MachineRecord, arn: String) async throws(ServiceError) -> MachineRevision {
        // The machine was deleted after its record was read.
        guard let revision = try await revision(record.currentRevision) else { throw .noMachine(arn) }
        return revision
    }

    /// The machine of a name.
    ///
    /// - Parameter arn: what the caller has sent, for the error.
    /// - Throws: `StateMachineDoesNotExist`.
    func machine(_ name: ResourceName, arn: String) async throws(ServiceError) -> MachineRecord {
        guard let machine = name.machine, let record = try await read(MachineRecord.key(machine)) else {
            throw .noMachine(arn)
        }
        return try MachineRecord(record)
    }

    func version(_ machineID: String, _ number: Int) async throws(ServiceError) -> VersionRecord? {
        guard let record = try await read(VersionRecord.key(machineID, number)) else { return nil }
        return try VersionRecord(record)
    }

    func alias(_ machineID: String, _ name: String) async throws(ServiceError) -> AliasRecord? {
        guard let record = try await read(AliasRecord.key(machineID, name)) else { return nil }
        return try AliasRecord(record)
    }

    /// Reads the ARN of a machine, a version or an alias.
    ///
    /// - Throws: `InvalidArn`; `ValidationException` for the map of a machine.
    func machineName(_ arn: String) throws(ServiceError) -> ResourceName {
        let name = try names.name(arn)
        switch name {
        case .machine, .version, .alias: return name
        case .map: throw .labelledARN
        default: throw names.wrongType(arn)
        }
    }
}

extension StepFunctions {
    /// Reads the ARN of a machine, not of a version or an alias.
    ///
    /// - Throws: `InvalidArn`; `ValidationException` for the map of a machine.
    func unqualifiedName(_ arn: String) throws(ServiceError) -> ResourceName {
        let name = try machineName(arn)
        guard case .machine = name else { throw names.wrongType(arn) }
        return name
    }
}

extension ServiceError {
    /// The ARN names a map of a machine, and the operation takes a machine.
    static let labelledARN = ServiceError.invalid(
        "This API action does not support labelled ARNs", reason: "API_DOES_NOT_SUPPORT_LABELED_ARNS")
}
