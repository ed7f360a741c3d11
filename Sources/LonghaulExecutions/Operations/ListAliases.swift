internal import LonghaulCore
internal import LonghaulStates

extension StepFunctions {
    /// Lists the aliases of a machine, or those that route to a version: the newest one first.
    func listAliases(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let arn = try input.requiredText("stateMachineArn")
        let name = try machineName(arn)
        if case .alias = name { throw names.wrongType(arn) }
        let machine = try await machine(name, arn: arn)
        var aliases = try await aliases(machine.id)
        if case .version(_, let number) = name {
            aliases.removeAll { alias in !alias.routes.contains { $0.version == number } }
        }
        aliases.sort { $0.place > $1.place }
        let token = PageToken("ListStateMachineAliases", of: name.path + machine.id)
        if let text = input.text("nextToken") {
            let place = try token.place(in: text)
            aliases.removeAll { $0.place >= place }
        }
        let page = aliases.prefix(StepFunctions.pageLimit(input))
        let items = page.map { alias in
            let arn = names.arn(.alias(machine: machine.name, name: alias.name))
            return StateValue.members([
                ("stateMachineAliasArn", .string(arn)), ("creationDate", .timestamp(alias.createdAt)),
            ])
        }
        var output = StateObject([("stateMachineAliases", .array(items))])
        if page.count < aliases.count, let last = page.last {
            output["nextToken"] = .string(token.text(after: last.place))
        }
        return output
    }

    /// The aliases of a machine, by name.
    func aliases(_ machineID: String) async throws(ServiceError) -> [AliasRecord] {
        var range = RecordRange(.alias, limit: max(1000, settings.limits.aliases))
        range.prefix = machineID + "/"
        var aliases: [AliasRecord] = []
        for record in try await read(range) { aliases.append(try AliasRecord(record)) }
        return aliases
    }
}
