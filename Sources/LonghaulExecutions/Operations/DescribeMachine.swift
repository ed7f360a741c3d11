internal import LonghaulCore
internal import LonghaulStates

extension StepFunctions {
    /// The operation that describes machines, versions and aliases.
    static let describeOperations: [String: Operation] = ["DescribeStateMachine": describeMachine]

    private func describeMachine(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineArn")
        let name = try machineName(arn)
        let machine = try await machine(name, arn: arn)
        let version = try await describedVersion(name, machine, arn: arn)
        let key = RevisionKey(machineID: machine.id, revisionID: version?.revisionID ?? machine.revisionID)
        guard let revision = try await revision(key) else { throw .noMachine(arn) }
        let isComplete = input.text("includedData") != "METADATA_ONLY"
        var output = StateObject([
            ("stateMachineArn", .string(names.arn(name))), ("name", .string(machine.name)),
            ("status", .string("ACTIVE")), ("definition", .string(isComplete ? revision.definition : "{}")),
            ("roleArn", .string(revision.roleARN)), ("type", .string(machine.type.rawValue)),
            ("creationDate", .timestamp(version?.createdAt ?? machine.createdAt)),
        ])
        revision.configuration.describe(in: &output)
        if key.revisionID != MachineRecord.initialRevision { output["revisionId"] = .string(key.revisionID) }
        if let description = version?.description, !description.isEmpty {
            output["description"] = .string(description)
        }
        if isComplete { output["variableReferences"] = try await references(revision) }
        return output
    }

    /// The version that an ARN names; nil for the machine itself. For an alias, it is the version with the
    /// greatest weight.
    private func describedVersion(
        _ name: ResourceName, _ machine: MachineRecord, arn: String
    ) async throws(ServiceError) -> VersionRecord? {
        let number: Int
        switch name {
        case .version(_, let version): number = version
        case .alias(_, let alias):
            let routes = try await self.alias(machine.id, alias)?.routes ?? []
            guard let route = routes.max(by: { $0.weight < $1.weight }) else { throw .noMachine(arn) }
            number = route.version
        default: return nil
        }
        guard let version = try await version(machine.id, number) else { throw .noMachine(arn) }
        return version
    }

    /// The variables that states read; nil if there are none.
    func references(_ revision: MachineRevision) async throws(ServiceError) -> StateValue? {
        let definition = revision.definition
        guard definition.utf8.contains(UInt8(ascii: "$")) else { return nil }
        return try await StepFunctions.apart(bytes: definition.utf8.count) {
            let references = VariableReferences(of: try StateValue(parsing: definition)).byState
            guard !references.isEmpty else { return nil }
            return .members(
                references.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) })
        }
    }
}
