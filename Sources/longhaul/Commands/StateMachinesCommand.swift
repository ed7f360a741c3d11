import LonghaulClient
import LonghaulCore
import LonghaulExecutions
import LonghaulJSON

extension Commands {
    private static let machineActions =
        "list, show, create, update, delete, check, start, history, stop or redrive"

    static let stateMachines = Command(
        name: "state-machines",
        summary: "Lists, creates, checks and deletes state machines, and starts and shows executions.",
        arguments: [
            Argument(name: "ACTION", help: "list (default), \(machineActions.dropFirst(6)).", isRequired: false),
            Argument(
                name: "NAME|ID|FILE",
                help: "The state machine; for show, history, stop and redrive an execution; for check a file.",
                isRequired: false),
            Argument(
                name: "FILE", help: "create, update: the definition in JSON; - reads standard input.",
                isRequired: false),
        ],
        options: [
            Options.machineType, Options.machineTags, Options.executionInput, Options.executionName,
            Options.qualifier, Options.executionWait, Options.executionStatus, Options.executionLimit,
            Options.stopError, Options.stopCause, Options.json,
        ] + Options.client,
        notes: [
            "list shows the state machines; list NAME shows the executions of one. show takes the name of a",
            "state machine or the ID of an execution. check calls no server; it prints each error and warning with",
            "its place in the definition, and its exit code is 1 if there is an error.",
            "start prints the ID of the execution; with --wait, its output, and the exit code is its result.",
            "Example: longhaul state-machines create hello hello.json && longhaul state-machines start hello -w",
        ]
    ) { invocation in
        switch invocation.argument(0) {
        case "", "list": try await listMachines(invocation)
        case "show": try await showMachine(invocation)
        case "create": try await createMachine(invocation)
        case "update": try await updateMachine(invocation)
        case "delete":
            let name = try needed(1, invocation)
            try await invocation.withClient { try await $0.deleteStateMachine(name) }
        case "check": return try checkDefinition(invocation)
        case "start": return try await startExecution(invocation)
        case "history": try await showHistory(invocation)
        case "stop": try await stopExecution(invocation)
        case "redrive":
            let id = try invocation.read(1, as: .executionID)
            try show(try await invocation.withClient { try await $0.redriveExecution(id) }, invocation)
        case let action:
            throw UsageError(
                "ACTION: expected \(machineActions), got \"\(action)\"", command: invocation.command.name)
        }
        return .done
    }

    private static func needed(_ index: Int, _ invocation: Invocation) throws -> String {
        let text = invocation.argument(index)
        guard !text.isEmpty else {
            throw UsageError(
                "\(invocation.command.arguments[index].name) is missing", command: invocation.command.name)
        }
        return text
    }

    // MARK: State machines

    private static func listMachines(_ invocation: Invocation) async throws {
        guard invocation.argument(1).isEmpty else { return try await listExecutions(invocation) }
        let machines = try await invocation.withClient { try await $0.stateMachines() }
        if try invocation.value(Options.json) {
            return try Console.print(jsonItems: { writer in
                for machine in machines { writer.element(machine) }
            })
        }
        var table = Table([
            .init(title: "NAME"), .init(title: "TYPE"), .init(title: "CREATED", isNumber: true),
            .init(title: "UPDATED", isNumber: true), .init(title: "REVISION"),
        ])
        let now = SystemTime().now()
        let rows = machines.map { machine -> [Table.Cell] in
            [
                .init(machine.name), .init(machine.type.rawValue),
                .init(Format.age(machine.createdAt, at: now)), .init(Format.age(machine.updatedAt, at: now)),
                .init(machine.revision),
            ]
        }
        try Console.print(table.lines(rows).joined(separator: "\n"))
    }

    private static func showMachine(_ invocation: Invocation) async throws {
        let name = try needed(1, invocation)
        if let id = JobID(name) {
            let execution = try await invocation.withClient { try await $0.execution(id) }
            return try show(execution, invocation)
        }
        let machine = try await invocation.withClient { try await $0.stateMachine(name) }
        if try invocation.value(Options.json) { return try Console.print(json: machine) }
        try Console.print(json: (machine.definition ?? .null).bytes)
    }

    private static func createMachine(_ invocation: Invocation) async throws {
        let name = try needed(1, invocation)
        let spec = try spec(invocation)
        try print(
            try await invocation.withClient { try await $0.createStateMachine(NewStateMachine(name: name, spec)) },
            invocation)
    }

    private static func updateMachine(_ invocation: Invocation) async throws {
        let name = try needed(1, invocation)
        let spec = try spec(invocation)
        try print(
            try await invocation.withClient { client in
                // An update does not create a machine whose name is mistyped.
                _ = try await client.stateMachine(name)
                return try await client.putStateMachine(name, spec)
            }, invocation)
    }

    private static func print(_ machine: StateMachineInfo, _ invocation: Invocation) throws {
        if try invocation.value(Options.json) { return try Console.print(json: machine) }
        try Console.print("\(machine.name) \(machine.revision)")
    }

    private static func spec(_ invocation: Invocation) throws -> StateMachineSpec {
        let tags = try invocation.labels(Options.machineTags)
        return StateMachineSpec(
            definition: try definition(try needed(2, invocation)),
            type: try invocation.value(Options.machineType), tags: tags.isEmpty ? nil : tags)
    }

    /// The text of the definition in a file.
    ///
    /// - Throws: ``RunError`` if it cannot be read, or is not UTF-8.
    private static func definition(_ path: String) throws -> String {
        let place = path == "-" ? "standard input" : path
        let bytes: [UInt8]
        do {
            bytes = path == "-" ? try Files.readStandardInput() : try Files.read(path)
        } catch {
            throw RunError("\(place): \(error.message)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RunError("\(place): the text is not UTF-8")
        }
        return text
    }

    private static func checkDefinition(_ invocation: Invocation) throws -> ExitCode {
        let path = try needed(1, invocation)
        let type = try invocation.value(Options.machineType) ?? .standard
        let report = DefinitionReport(
            checking: DefinitionCheck(definition: try definition(path), type: type))
        if try invocation.value(Options.json) {
            try Console.print(json: report)
        } else if report.problems.isEmpty {
            try Console.print("\(path): the definition is valid")
        }
        guard try !invocation.value(Options.json) else { return report.isValid ? .done : .failed }
        for problem in report.problems {
            let place = problem.pointer.dropFirst("/definition".count)
            try Console.print(
                "\(path): \(problem.severity.rawValue): \(problem.code): \(problem.message)".printable
                    + (place.isEmpty ? "" : " at \(place)".printable))
        }
        return report.isValid ? .done : .failed
    }
}
