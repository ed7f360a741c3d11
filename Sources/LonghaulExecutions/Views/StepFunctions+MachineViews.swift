public import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// A state machine as the API shows it, with its entity tag.
public struct ShownMachine: Sendable, Hashable {
    /// The machine.
    public let info: StateMachineInfo
    /// What changes with each change of the machine: letters, digits and dashes.
    public let tag: String
    /// Whether the call has created it.
    public var isNew = false
}

/// State machines for callers of Longhaul's own API.
extension StepFunctions {
    /// A page of the state machines, by name.
    ///
    /// - Parameter name: the name after which the page begins.
    public func machines(after name: String?, limit: Int) async throws(ServiceError) -> StateMachinePage {
        var range = RecordRange(.machine, limit: 0)
        range.after = name
        let (records, hasMore) = try await page(range, limit: limit)
        var machines: [StateMachineInfo] = []
        for record in records { machines.append(info(try MachineRecord(record))) }
        return StateMachinePage(machines: machines, next: hasMore ? machines.last?.name : nil)
    }

    /// A state machine with its definition.
    ///
    /// - Throws: `StateMachineDoesNotExist`.
    public func machine(named name: String) async throws(ServiceError) -> ShownMachine {
        let record = try await machine(.machine(name), arn: name)
        return try await shown(record)
    }

    /// Creates a state machine. A machine of the same name and content is returned as it is.
    ///
    /// - Throws: `InvalidDefinition`, `InvalidName`, `StateMachineAlreadyExists`.
    public func createMachine(
        _ new: NewStateMachine, by caller: OperationCaller
    ) async throws(ServiceError) -> ShownMachine {
        try _ = tags(new.spec)
        let exists = try await read(MachineRecord.key(new.name)) != nil
        var input = StateObject([
            ("name", .string(new.name)), ("definition", .string(new.spec.definition)),
            ("roleArn", .string(roleARN)),
            ("type", .string(MachineType(new.spec.type ?? .standard).rawValue)),
        ])
        input["tags"] = new.spec.tags.map(Tags.list)
        _ = try await perform("CreateStateMachine", input, by: caller)
        var machine = try await machine(named: new.name)
        machine.isNew = !exists
        return machine
    }

    /// Updates a state machine. Creates it if it does not exist.
    ///
    /// - Parameter tag: ``ShownMachine/tag`` that the machine must have; nil for any machine, or none.
    /// - Throws: `InvalidDefinition`, `InvalidName`; `ConflictException` if the type or the tag differs.
    public func putMachine(
        _ name: String, _ spec: StateMachineSpec, ifTag tag: String?, by caller: OperationCaller
    ) async throws(ServiceError) -> ShownMachine {
        let exists = try await read(MachineRecord.key(name)) != nil
        guard exists || tag != nil else {
            return try await createMachine(NewStateMachine(name: name, spec), by: caller)
        }
        let tags = try tags(spec)
        let input = OperationInput(StateObject([("definition", .string(spec.definition))]), by: caller)
        _ = try await update(.machine(name), input, arn: name) { (machine) throws(ServiceError) in
            if let tag, tag != machine.tag {
                throw .conflict("the state machine was changed: its entity tag is \"\(machine.tag)\"")
            }
            if let type = spec.type, MachineType(type) != machine.type {
                throw .conflict("the type of a state machine cannot be changed; delete it first")
            }
            if let tags { machine.tags = tags }
        }
        return try await machine(named: name)
    }

    /// Deletes a state machine. Its executions continue.
    ///
    /// - Throws: `StateMachineDoesNotExist`.
    public func deleteMachine(_ name: String, by caller: OperationCaller) async throws(ServiceError) {
        _ = try await machine(.machine(name), arn: name)
        let arn = names.arn(.machine(name))
        _ = try await perform(
            "DeleteStateMachine", StateObject([("stateMachineArn", .string(arn))]), by: caller)
    }

    /// The problems of a definition, errors and warnings.
    public func check(_ check: DefinitionCheck) async throws(ServiceError) -> DefinitionReport {
        DefinitionReport(try await diagnostics(check.definition, MachineType(check.type)))
    }

    /// The role of machines that are created without one. No server assumes it.
    var roleARN: String { "arn:aws:iam::\(settings.account):role/longhaul" }

    /// The checked tags of a request; nil if it has none.
    ///
    /// - Throws: `TooManyTags` if they are not valid.
    private func tags(_ spec: StateMachineSpec) throws(ServiceError) -> Tags? {
        guard let given = spec.tags else { return nil }
        do {
            return try Tags(given, maxCount: settings.limits.tags)
        } catch {
            throw ServiceError("TooManyTags", error.message)
        }
    }

    private func info(_ machine: MachineRecord, definition: JSONText? = nil) -> StateMachineInfo {
        StateMachineInfo(
            name: machine.name, arn: names.arn(.machine(machine.name)),
            type: machine.type == .express ? .express : .standard, revision: machine.revisionID,
            definition: definition,
            tags: machine.tags.values.members.reduce(into: [:]) { $0[$1.0] = $1.1.string ?? "" },
            createdAt: machine.createdAt, updatedAt: machine.updatedAt)
    }

    private func shown(_ machine: MachineRecord) async throws(ServiceError) -> ShownMachine {
        let revision = try await currentRevision(machine, arn: machine.name)
        let definition = JSONText(trimming: revision.definition)
        return ShownMachine(info: info(machine, definition: definition), tag: machine.tag)
    }
}

extension DefinitionReport {
    /// Checks a definition without a server.
    ///
    /// - Parameter isResourceSupported: whether servers can run a resource of a Task state.
    public init(
        checking check: DefinitionCheck,
        isResourceSupported: @escaping @Sendable (String) -> Bool = TaskResources.all.isSupported
    ) {
        let checks = DefinitionChecks(
            isExpress: check.type == .express, isResourceSupported: isResourceSupported)
        self.init(checks.check(check.definition))
    }

    /// The report of diagnostics.
    fileprivate init(_ diagnostics: [DefinitionDiagnostic]) {
        self.init(
            problems: diagnostics.map { diagnostic in
                let place = diagnostic.location.flatMap { $0 == "/" ? nil : $0 } ?? ""
                return Problem(
                    severity: diagnostic.severity == .error ? .error : .warning,
                    code: diagnostic.code.rawValue, message: diagnostic.message,
                    pointer: "/definition" + place)
            })
    }
}

extension MachineRecord {
    /// What changes with each change of the machine.
    fileprivate var tag: String { "\(id)-\(recordRevision)" }
}

extension MachineType {
    init(_ type: StateMachineInfo.Kind) { self = type == .express ? .express : .standard }
}

extension Tags {
    /// Tags from their values by key.
    fileprivate init(_ values: [String: String], maxCount: Int) throws(ServiceError) {
        self.init()
        try add(Tags.list(values), maxCount: maxCount)
    }

    /// The tags as operations take them.
    fileprivate static func list(_ values: [String: String]) -> StateValue {
        .array(
            values.sorted { $0.key < $1.key }.map { key, value in
                .members([("key", .string(key)), ("value", .string(value))])
            })
    }
}

extension JSONText {
    /// A text that is valid JSON, without white space around it.
    init(trimming text: String) {
        let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let bytes = Array(text.utf8)
        let start = bytes.firstIndex { !space.contains($0) } ?? bytes.startIndex
        let end = bytes.lastIndex { !space.contains($0) } ?? bytes.startIndex
        self.init(validated: bytes.isEmpty ? [] : Array(bytes[start...end]))
    }
}
