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
            Argument(
                name: "ACTION", help: "list (default), \(machineActions.dropFirst(6)).", isRequired: false),
            Argument(
                name: "NAME|ID|FILE",
                help: "The name of a state machine, the ID of an execution, or for check the definition.",
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
            "list shows the state machines; list NAME shows the executions of one.",
            "show NAME prints the definition of a state machine; show ID shows an execution.",
            "create NAME FILE and update NAME FILE store a definition; delete NAME deletes the state machine.",
            "check FILE needs no server. It prints each error and warning with its place in the definition. "
                + "Its exit code is 1 if there is an error.",
            "start NAME prints the ID of the execution; with --wait, its output, and the exit code is its result.",
            "history ID, stop ID and redrive ID take the ID of an execution.",
            "Example: longhaul state-machines create hello hello.json && longhaul state-machines start hello -w",
        ]
    ) { invocation in
        try checkArguments(invocation)
        switch invocation.argument(0) {
        case "", "list": try await listMachines(invocation)
        case "show": try await showMachine(invocation)
        case "create": try await createMachine(invocation)
        case "update": try await updateMachine(invocation)
        case "delete":
            let name = invocation.argument(1)
            try await invocation.withClient { try await $0.deleteStateMachine(name) }
        case "check": return try checkDefinition(invocation)
        case "start": return try await startExecution(invocation)
        case "history": try await showHistory(invocation)
        case "stop": try await stopExecution(invocation)
        case "redrive":
            let id = try executionID(invocation)
            try show(try await invocation.withClient { try await $0.redriveExecution(id) }, invocation)
        default: break
        }
        return .done
    }

    /// The arguments of each action. All are required, except that of `list`.
    private static let argumentsOfAction: [String: [String]] = [
        "list": ["NAME"], "show": ["NAME or ID"], "create": ["NAME", "FILE"], "update": ["NAME", "FILE"],
        "delete": ["NAME"], "check": ["FILE"], "start": ["NAME"], "history": ["ID"], "stop": ["ID"],
        "redrive": ["ID"],
    ]

    /// - Throws: ``UsageError`` for an unknown action, a missing argument or an additional one.
    private static func checkArguments(_ invocation: Invocation) throws {
        let action = invocation.arguments.first ?? "list"
        let command = invocation.command.name
        guard let names = argumentsOfAction[action] else {
            throw UsageError("ACTION: expected \(machineActions), got \"\(action)\"", command: command)
        }
        let given = invocation.arguments.dropFirst()
        if let missing = names.dropFirst(given.count).first, action != "list" {
            throw UsageError("\(action): \(missing) is missing", command: command)
        }
        if let surplus = given.dropFirst(names.count).first {
            throw UsageError(
                "\(action): unexpected argument \"\(surplus)\" after \(names.joined(separator: " "))",
                command: command)
        }
        if let empty = zip(names, given).first(where: { $0.1.isEmpty }) {
            throw UsageError("\(action): \(empty.0) is empty", command: command)
        }
    }

    /// The ID of the execution that an action is for.
    static func executionID(_ invocation: Invocation) throws -> JobID {
        let text = invocation.argument(1)
        guard let id = JobID(text) else {
            throw UsageError(
                "\(invocation.argument(0)): expected the ID of an execution, a UUID, got \"\(text)\"",
                command: invocation.command.name)
        }
        return id
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
        let name = invocation.argument(1)
        if let id = JobID(name) {
            let execution = try await invocation.withClient { try await $0.execution(id) }
            return try show(execution, invocation)
        }
        let machine = try await invocation.withClient { try await $0.stateMachine(name) }
        if try invocation.value(Options.json) { return try Console.print(json: machine) }
        try Console.print(json: (machine.definition ?? .null).bytes)
    }

    private static func createMachine(_ invocation: Invocation) async throws {
        let name = invocation.argument(1)
        let spec = try spec(invocation)
        try print(
            try await invocation.withClient {
                try await $0.createStateMachine(NewStateMachine(name: name, spec))
            },
            invocation)
    }

    private static func updateMachine(_ invocation: Invocation) async throws {
        let name = invocation.argument(1)
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
            definition: try definition(invocation.argument(2)),
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
        let path = invocation.argument(1)
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
