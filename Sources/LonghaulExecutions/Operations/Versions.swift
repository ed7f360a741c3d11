internal import LonghaulCore
internal import LonghaulStates

extension StepFunctions {
    /// Operations of versions.
    static let versionOperations: [String: Operation] = [
        "PublishStateMachineVersion": publishVersion,
        "DeleteStateMachineVersion": deleteVersion,
        "ListStateMachineVersions": listVersions,
    ]

    private func publishVersion(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineArn")
        let name = try unqualifiedName(arn)
        let wanted = input.text("revisionId")
        return try await change(name, arn: arn) { (machine) throws(ServiceError) in
            if let wanted, wanted != machine.revisionID {
                throw .conflict(
                    "Failed to publish the State Machine version for revision \(wanted). "
                        + "The current State Machine revision is \(machine.revisionID).")
            }
            var writes: [RecordWrite] = []
            let version = try await publishedVersion(
                &machine, description: input.text("description") ?? "", &writes)
            let output = StateObject([
                ("creationDate", .timestamp(version.createdAt)),
                (
                    "stateMachineVersionArn",
                    .string(names.arn(.version(machine: machine.name, number: version.number)))
                ),
            ])
            return MachineChange(writes: writes.isEmpty ? nil : writes, output: output)
        }
    }

    /// The version of the current revision of a machine: the one that there is, or a new one.
    ///
    /// - Throws: `ServiceQuotaExceededException`.
    func publishedVersion(
        _ machine: inout MachineRecord, description: String, _ writes: inout [RecordWrite]
    ) async throws(ServiceError) -> VersionRecord {
        let newest = try await versions(machine.id, limit: 1).first
        // Revisions follow one another, so only the newest version can be of the current one.
        if let newest, newest.revisionID == machine.revisionID { return newest }
        let limit = settings.limits.versions
        guard try await versions(machine.id, limit: limit).count < limit else {
            throw .quotaExceeded("A state machine has at most \(limit) versions. Delete one first.")
        }
        let version = machine.publish(description: description, at: time.now())
        writes.append(version.write)
        return version
    }

    /// The newest versions of a machine, the newest one first.
    private func versions(_ machineID: String, limit: Int) async throws(ServiceError) -> [VersionRecord] {
        var range = VersionRecord.range(machineID)
        range.limit = limit
        var versions: [VersionRecord] = []
        for record in try await read(range) { versions.append(try VersionRecord(record)) }
        return versions
    }

    private func deleteVersion(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineVersionArn")
        guard case .version(let machine, let number) = try names.name(arn) else { throw names.wrongType(arn) }
        let missing = ServiceError.noMachine(arn)
        do {
            return try await change(
                .machine(machine), arn: arn, missing: missing
            ) { (machine) throws(ServiceError) in
                MachineChange(
                    writes: try await deletion(of: number, machine), output: StateObject())
            }
        } catch  where error == missing {
            return StateObject()
        }
    }

    /// The writes that delete a version; nil if it is not there.
    ///
    /// - Throws: `ConflictException` if an alias routes to it.
    private func deletion(
        of number: Int, _ machine: MachineRecord
    ) async throws(ServiceError) -> [RecordWrite]? {
        guard try await version(machine.id, number) != nil else { return nil }
        let aliases = try await aliases(machine.id).filter { $0.routes.contains { $0.version == number } }
        guard aliases.isEmpty else {
            let list = aliases.map(\.name).joined(separator: ", ")
            throw .conflict(
                "Version to be deleted must not be referenced by an alias. "
                    + "Current list of aliases referencing this version: [\(list)]")
        }
        return [RecordWrite(VersionRecord.key(machine.id, number), nil)]
    }

    private func listVersions(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineArn")
        let machine = try await machine(try unqualifiedName(arn), arn: arn)
        let page = try await page(
            VersionRecord.range(machine.id), PageToken("ListStateMachineVersions", of: machine.id), input)
        var items: [StateValue] = []
        for record in page.records {
            let version = try VersionRecord(record)
            items.append(
                .members([
                    (
                        "stateMachineVersionArn",
                        .string(names.arn(.version(machine: machine.name, number: version.number)))
                    ),
                    ("creationDate", .timestamp(version.createdAt)),
                ]))
        }
        return page.output("stateMachineVersions", items)
    }
}

extension ServiceError {
    static func quotaExceeded(_ message: String) -> ServiceError {
        ServiceError("ServiceQuotaExceededException", message)
    }
}
