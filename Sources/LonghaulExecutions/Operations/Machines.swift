internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

extension StepFunctions {
    /// Operations of state machines.
    static let machineOperations: [String: Operation] = [
        "CreateStateMachine": createMachine,
        "UpdateStateMachine": updateMachine,
        "DeleteStateMachine": deleteMachine,
        "ListStateMachines": listMachines,
    ]

    // MARK: - Create

    private func createMachine(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let request = try MachineRequest(input, maxTags: settings.limits.tags)
        let now = time.now()
        var machine = MachineRecord(
            name: request.name, id: random.identifier(), type: request.type, createdAt: now,
            tags: request.tags)
        let revision = try await checkedRevision(
            machine.currentRevision, definition: request.definition, roleARN: request.roleARN,
            type: request.type, configuration: request.configuration)
        var writes = [revision.write]
        if let description = request.publication {
            machine.publication = description
            writes.append(machine.publish(description: description, at: now).write)
        }
        for _ in 0..<StepFunctions.maxConflicts {
            if let record = try await read(MachineRecord.key(request.name)) {
                return try await repeated(request, try MachineRecord(record))
            }
            guard try await hasRoom(.machine, settings.limits.machines) else {
                throw ServiceError(
                    "StateMachineLimitExceeded",
                    "There are already \(settings.limits.machines) state machines. Delete one first.")
            }
            if try await write(machine.writes + writes) {
                counts.add(1, of: .machine)
                return created(machine)
            }
        }
        throw .concurrent(names.arn(.machine(request.name)))
    }

    private func created(_ machine: MachineRecord) -> StateObject {
        var output = StateObject([
            ("stateMachineArn", .string(names.arn(.machine(machine.name)))),
            ("creationDate", .timestamp(machine.createdAt)),
        ])
        if machine.publication != nil {
            output["stateMachineVersionArn"] = .string(names.arn(.version(machine: machine.name, number: 1)))
        }
        return output
    }

    /// The answer to a request for a machine that exists: the same one if the content is the same.
    private func repeated(
        _ request: MachineRequest, _ machine: MachineRecord
    ) async throws(ServiceError) -> StateObject {
        let arn = names.arn(.machine(machine.name))
        let revision = try await currentRevision(machine, arn: arn)
        guard JSONString(revision.definition) == JSONString(request.definition),
            revision.configuration == request.configuration,
            machine.type == request.type,
            machine.publication.map({ JSONString($0) }) == request.publication.map({ JSONString($0) })
        else {
            throw ServiceError("StateMachineAlreadyExists", "State Machine Already Exists: '\(arn)'")
        }
        return created(machine)
    }

    // MARK: - Update

    private func updateMachine(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineArn")
        let name = try unqualifiedName(arn)
        let publication = try MachineRequest.publication(input)
        guard input["definition"] != nil || input["roleArn"] != nil || MachineConfiguration.isPart(of: input)
        else {
            throw ServiceError(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration "
                    + "must be specified")
        }
        return try await update(name, input, arn: arn, publication: publication) { _ in }
    }

    /// Changes a machine as the members of an input say.
    ///
    /// - Parameter body: changes more of the machine, or throws if the machine must not be changed.
    func update(
        _ name: ResourceName, _ input: OperationInput, arn: String, publication: String? = nil,
        _ body: (inout MachineRecord) throws(ServiceError) -> Void
    ) async throws(ServiceError) -> StateObject {
        try await change(name, arn: arn) { (machine) throws(ServiceError) in
            try body(&machine)
            let revision = try await updatedRevision(machine, input, arn: arn)
            var writes = revision.key == machine.currentRevision ? [] : [revision.write]
            let now = time.now()
            machine.revisionID = revision.key.revisionID
            machine.updatedAt = now
            var output = StateObject([("updateDate", .timestamp(now))])
            if machine.revisionID != MachineRecord.initialRevision {
                output["revisionId"] = .string(machine.revisionID)
            }
            if let publication {
                let version = try await publishedVersion(&machine, description: publication, &writes)
                output["stateMachineVersionArn"] = .string(
                    names.arn(.version(machine: machine.name, number: version.number)))
            }
            return MachineChange(writes: writes, output: output)
        }
    }

    /// The revision of a machine after an update: the current one if nothing changes.
    private func updatedRevision(
        _ machine: MachineRecord, _ input: OperationInput, arn: String
    ) async throws(ServiceError) -> MachineRevision {
        let current = try await currentRevision(machine, arn: arn)
        let definition = input.text("definition") ?? current.definition
        let roleARN = input.text("roleArn") ?? current.roleARN
        let configuration = try current.configuration.changed(by: input)
        let isSame =
            JSONString(definition) == JSONString(current.definition)
            && JSONString(roleARN) == JSONString(current.roleARN) && configuration == current.configuration
        guard !isSame else { return current }
        return try await checkedRevision(
            RevisionKey(machineID: machine.id, revisionID: random.uuid()), definition: definition,
            roleARN: roleARN, type: machine.type, configuration: configuration)
    }

    // MARK: - Delete and list

    private func deleteMachine(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineArn")
        let name = try unqualifiedName(arn)
        for _ in 0..<StepFunctions.maxConflicts {
            guard let key = name.machine.map(MachineRecord.key), let record = try await read(key) else {
                return StateObject()
            }
            let machine = try MachineRecord(record)
            let marker = DeletedMachine(machine, at: time.now())
            guard try await write(machine.deletion + [marker.write]) else { continue }
            counts.add(-1, of: .machine)
            // The machine is deleted. What is left of others can wait for the next deletion.
            _ = try? await removeDeletedMachines()
            return StateObject()
        }
        throw .concurrent(arn)
    }

    private func listMachines(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let page = try await page(RecordRange(.machine, limit: 0), PageToken("ListStateMachines"), input)
        var items: [StateValue] = []
        for record in page.records {
            let machine = try MachineRecord(record)
            items.append(
                .members([
                    ("stateMachineArn", .string(names.arn(.machine(machine.name)))),
                    ("name", .string(machine.name)), ("type", .string(machine.type.rawValue)),
                    ("creationDate", .timestamp(machine.createdAt)),
                ]))
        }
        return page.output("stateMachines", items)
    }
}
