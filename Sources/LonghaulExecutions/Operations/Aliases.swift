internal import LonghaulCore
internal import LonghaulStates

extension StepFunctions {
    /// Operations of aliases.
    static let aliasOperations: [String: Operation] = [
        "CreateStateMachineAlias": createAlias,
        "UpdateStateMachineAlias": updateAlias,
        "DescribeStateMachineAlias": describeAlias,
        "DeleteStateMachineAlias": deleteAlias,
        "ListStateMachineAliases": listAliases,
    ]

    private func createAlias(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let name = try input.requiredText("name")
        try NameRule.check(alias: name)
        guard let routing = input["routingConfiguration"] else { throw .missing("routingConfiguration") }
        let routes = try Routing(routing, names)
        let arn = names.arn(.machine(routes.machine))
        // The versions name the machine, so a machine that is not there is a version that is not there.
        guard try await read(MachineRecord.key(routes.machine)) != nil else { throw .noReference }
        return try await change(.machine(routes.machine), arn: arn) { (machine) throws(ServiceError) in
            let aliases = try await aliases(machine.id)
            let alias = AliasRecord(
                machineID: machine.id, name: name, description: input.text("description") ?? "",
                routes: routes.list, createdAt: time.now())
            if let existing = aliases.first(where: { $0.name == name }) {
                guard existing.hasContent(of: alias) else {
                    throw .conflict(
                        "Failed to create alias because an alias with the same name and a different routing "
                            + "configuration already exists.")
                }
                return MachineChange(writes: nil, output: created(existing, of: machine))
            }
            try await checkVersions(routes, of: machine)
            let limit = settings.limits.aliases
            guard aliases.count < limit else {
                throw .quotaExceeded("A state machine has at most \(limit) aliases. Delete one first.")
            }
            return MachineChange(writes: [alias.write], output: created(alias, of: machine))
        }
    }

    private func created(_ alias: AliasRecord, of machine: MachineRecord) -> StateObject {
        StateObject([
            ("stateMachineAliasArn", .string(names.arn(.alias(machine: machine.name, name: alias.name)))),
            ("creationDate", .timestamp(alias.createdAt)),
        ])
    }

    private func checkVersions(_ routing: Routing, of machine: MachineRecord) async throws(ServiceError) {
        guard routing.machine == machine.name else { throw .invalidRouting(Routing.otherMachine) }
        for route in routing.list where try await version(machine.id, route.version) == nil {
            throw .noReference
        }
    }

    private func updateAlias(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineAliasArn")
        let description = input.text("description")
        let routing = try input["routingConfiguration"].map { (value) throws(ServiceError) in
            try Routing(value, names)
        }
        guard description != nil || routing != nil else {
            throw .invalid(
                "Either the description or the routingConfiguration must be specified",
                reason: "MISSING_REQUIRED_PARAMETER")
        }
        return try await changeAlias(arn) { (machine, alias) throws(ServiceError) in
            var changed = alias
            changed.description = description ?? alias.description
            if let routing {
                try await checkVersions(routing, of: machine)
                changed.routes = routing.list
            }
            guard !changed.hasContent(of: alias) else {
                return MachineChange(
                    writes: nil, output: StateObject([("updateDate", .timestamp(alias.updatedAt))]))
            }
            changed.updatedAt = time.now()
            return MachineChange(
                writes: [changed.write], output: StateObject([("updateDate", .timestamp(changed.updatedAt))]))
        }
    }

    private func deleteAlias(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        try await changeAlias(try input.requiredText("stateMachineAliasArn")) { (machine, alias) in
            MachineChange(
                writes: [RecordWrite(AliasRecord.key(machine.id, alias.name), nil)], output: StateObject())
        }
    }

    /// Changes an alias.
    ///
    /// - Throws: `ResourceNotFound`.
    private func changeAlias(
        _ arn: String,
        _ body: (MachineRecord, AliasRecord) async throws(ServiceError) -> MachineChange<StateObject>
    ) async throws(ServiceError) -> StateObject {
        let name = try aliasName(arn)
        guard try await read(MachineRecord.key(name.machine)) != nil else { throw .noReference }
        return try await change(.machine(name.machine), arn: arn) { (machine) throws(ServiceError) in
            guard let alias = try await self.alias(machine.id, name.alias) else { throw .noReference }
            return try await body(machine, alias)
        }
    }

    private func describeAlias(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineAliasArn")
        let name = try aliasName(arn)
        guard let record = try await read(MachineRecord.key(name.machine)),
            let alias = try await self.alias(try MachineRecord(record).id, name.alias)
        else { throw .noReference }
        let routes = alias.routes.map { route in
            let version = names.arn(.version(machine: name.machine, number: route.version))
            return StateValue.members([
                ("stateMachineVersionArn", .string(version)), ("weight", .integer(route.weight)),
            ])
        }
        var output = StateObject([
            ("stateMachineAliasArn", .string(names.arn(.alias(machine: name.machine, name: alias.name)))),
            ("name", .string(alias.name)),
        ])
        if !alias.description.isEmpty { output["description"] = .string(alias.description) }
        output["routingConfiguration"] = .array(routes)
        output["creationDate"] = .timestamp(alias.createdAt)
        output["updateDate"] = .timestamp(alias.updatedAt)
        return output
    }

    private func aliasName(_ arn: String) throws(ServiceError) -> (machine: String, alias: String) {
        guard case .alias(let machine, let alias) = try names.name(arn) else { throw names.wrongType(arn) }
        return (machine, alias)
    }
}
