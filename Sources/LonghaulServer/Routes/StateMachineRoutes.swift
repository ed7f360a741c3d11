import LonghaulCore
import LonghaulExecutions
import LonghaulHTTP
import LonghaulJSON

/// The routes of state machines.
struct StateMachineRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/state-machines", operation: "listStateMachines",
                tag: .stateMachines,
                access: .scope(.jobsRead), summary: "The state machines, by name.",
                description: """
                    The machines have no definitions here. Machines that were created with the AWS protocol are \
                    the same ones.
                    """,
                query: QueryParameter.page(cursor: "^m1\\.[^\\u0000]{1,80}$"),
                answers: [200: .named("StateMachinePage")], problems: [400], handler: list),
            Route(
                method: "POST", pattern: "/v1/state-machines", operation: "createStateMachine",
                tag: .stateMachines,
                access: .scope(.queuesWrite), summary: "Creates a state machine.",
                description: """
                    The definition is an object in the Amazon States Language, or a string that holds its text, \
                    for definitions nested deeper than bodies may be. 201 for a new machine. 200 if there is \
                    one of this name and content, so that the call may be repeated; 409 if its content differs. \
                    Each error of the definition is a fault with a pointer into `/definition`.
                    """,
                body: .named("NewStateMachine"),
                example: #"""
                    {"name": "hello", "definition": {"StartAt": "A", "States": {"A": {"Type": "Pass",
                    "End": true}}}}
                    """#,
                answers: [200: .named("StateMachine"), 201: .named("StateMachine")],
                examples: [201: #"{"definition": {}}"#],
                problems: [400, 409, 413, 415], handler: create),
            Route(
                method: "GET", pattern: "/v1/state-machines/{name}", operation: "getStateMachine",
                tag: .stateMachines,
                access: .scope(.jobsRead), summary: "The state machine, with its definition.",
                description:
                    "The answer has a strong `ETag` for `If-Match` of an update; `If-None-Match` answers 304.",
                headers: [.ifNoneMatch],
                answers: [200: .named("StateMachine"), 304: .nothing],
                examples: [200: #"{"definition": {}}"#], problems: [404], handler: get),
            Route(
                method: "PUT", pattern: "/v1/state-machines/{name}", operation: "putStateMachine",
                tag: .stateMachines,
                access: .scope(.queuesWrite),
                summary: "Updates a state machine. Creates it if it does not exist.",
                description: """
                    Executions that run keep the definition that they started with. A type cannot be changed \
                    (409). Without `tags`, the machine keeps its tags. `If-Match` with the `ETag` of the \
                    machine answers 409 if it was changed since, and 404 if it does not exist.
                    """,
                headers: [.ifMatch],
                body: .named("StateMachineSpec"),
                example: #"""
                    {"definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}},
                    "tags": {"team": "billing"}}
                    """#,
                answers: [200: .named("StateMachine"), 201: .named("StateMachine")],
                examples: [201: #"{"definition": {}}"#],
                problems: [400, 404, 409, 413, 415], handler: put),
            Route(
                method: "DELETE", pattern: "/v1/state-machines/{name}", operation: "deleteStateMachine",
                tag: .stateMachines,
                access: .scope(.queuesWrite),
                summary: "Deletes a state machine. Its executions continue.",
                description: "Executions that run continue with the definition that they started with.",
                answers: [204: .nothing],
                problems: [404, 409], handler: delete),
            Route(
                method: "POST", pattern: "/v1/definition-checks", operation: "checkDefinition",
                tag: .stateMachines,
                access: .scope(.jobsRead), summary: "Checks the definition of a state machine.",
                description: """
                    The answer has errors, with which no machine can be created, and warnings, each with a \
                    pointer into `/definition`. The call creates nothing.
                    """,
                body: .named("DefinitionCheck"),
                example: #"{"definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}"#,
                answers: [200: .named("DefinitionReport")],
                problems: [400, 413, 415], handler: check),
            Route(
                method: "POST", pattern: "/v1/state-tests", operation: "testState", tag: .stateMachines,
                access: .scope(.jobsSubmit), summary: "Tests one state of a definition.",
                description: """
                    Runs one state, and returns its output and the next state. `definition` is a state, or a \
                    machine with the name of the state in `state`. `mock` replaces the work of a task, a map or \
                    a parallel state. Without it, the server does the work of a task while the call is held. \
                    `inspection` has the data between the steps of the state.
                    """,
                body: .named("StateTest"),
                example: #"{"definition": {"Type": "Pass", "End": true}, "input": {"order": 7}}"#,
                answers: [200: .named("StateTestResult")],
                problems: [400, 413, 415], handler: test),
        ]
    }

    // MARK: Reading

    @Sendable
    private func list(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let after = try request.query("cursor", "the next_cursor of an earlier page", Self.name(of:))
        let page = try await asProblem { () throws(ServiceError) in
            try await service.machines(after: after, limit: request.limit())
        }
        let next = page.next.map { Self.cursorMark + $0 }
        return Answer.page(page.machines, next: next, cursor: { Self.cursorMark + $0.name })
    }

    private static let cursorMark = "m1."

    private static func name(of cursor: String) -> String? {
        let name = String(cursor.dropFirst(cursorMark.count))
        let isName = (1...80).contains(name.unicodeScalars.count) && !name.utf8.contains(0)
        return cursor.hasPrefix(cursorMark) && isName ? name : nil
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let machine = try await asProblem { () throws(ServiceError) in
            try await service.machine(named: request.parameter("name"))
        }
        let headers: HTTPHeaders = ["ETag": "\"\(machine.tag)\""]
        if Answer.matches(request.http.headers["If-None-Match"], tag: "\"\(machine.tag)\"") {
            return Answer.empty(304, headers: headers)
        }
        return Answer.json(200, machine.info, headers: headers)
    }

    @Sendable
    private func check(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let check = try await request.decode(DefinitionCheck.self)
        return Answer.json(
            200, try await asProblem { () throws(ServiceError) in try await service.check(check) })
    }

    @Sendable
    private func test(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let test = try await request.decode(StateTestSpec.self)
        let caller = request.operationCaller
        // A task without a mock does its work while the call is held.
        let result = try await context.held.hold(by: request.caller) {
            try await asProblem { () throws(ServiceError) in try await service.testState(test, by: caller) }
        }
        guard let result else {
            throw LonghaulError(.unavailable, "the server interrupted the call; retry it")
        }
        return Answer.json(200, result)
    }

    // MARK: Changes

    @Sendable
    private func create(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context, changes: true)
        let new = try await request.decode(NewStateMachine.self)
        return try await changed(by: request, new.spec, service) { () throws(ServiceError) in
            try await service.createMachine(new, by: request.operationCaller)
        }
    }

    @Sendable
    private func put(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context, changes: true)
        let spec = try await request.decode(StateMachineSpec.self)
        let tag = try Self.expectedTag(request)
        return try await changed(by: request, spec, service) { () throws(ServiceError) in
            try await service.putMachine(
                request.parameter("name"), spec, ifTag: tag, by: request.operationCaller)
        }
    }

    /// The entity tag in `If-Match`; nil without the header.
    private static func expectedTag(_ request: APIRequest) throws(LonghaulError) -> String? {
        guard let text = request.http.headers["If-Match"] else { return nil }
        let tag = text.filter { $0 != " " }
        guard tag.count > 2, tag.hasPrefix("\""), tag.hasSuffix("\"") else {
            throw LonghaulError(
                .invalidRequest, "If-Match: expected the ETag of the state machine, in quotes")
        }
        return String(tag.dropFirst().dropLast())
    }

    /// Creates or updates a machine. The faults of a definition have their places.
    private func changed(
        by request: APIRequest, _ spec: StateMachineSpec, _ service: StepFunctions,
        _ body: () async throws(ServiceError) -> ShownMachine
    ) async throws -> HTTPResponse {
        let machine: ShownMachine
        do throws(ServiceError) {
            machine = try await body()
        } catch {
            guard error.type == "InvalidDefinition" else { throw LonghaulError(error) }
            let check = DefinitionCheck(definition: spec.definition, type: spec.type ?? .standard)
            throw LonghaulError.definition(try await service.check(check), error)
        }
        var headers: HTTPHeaders = ["ETag": "\"\(machine.tag)\""]
        guard machine.isNew else { return Answer.json(200, machine.info, headers: headers) }
        headers.add("Location", "/v1/state-machines/" + PathSegment.encode(machine.info.name))
        return Answer.json(201, machine.info, headers: headers)
    }

    @Sendable
    private func delete(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context, changes: true)
        try await asProblem { () throws(ServiceError) in
            try await service.deleteMachine(request.parameter("name"), by: request.operationCaller)
        }
        return Answer.empty(204)
    }
}

extension APIRequest {
    /// The service of state machines, once the rights of the caller are checked.
    ///
    /// - Parameter changes: whether the call changes machines.
    func machines(_ context: APIContext, changes: Bool = false) throws(LonghaulError) -> StepFunctions {
        try grant.requireExecutions(changesMachines: changes)
        return try context.stateMachines()
    }

    /// The caller, for operations.
    var operationCaller: OperationCaller { OperationCaller(caller) }
}

extension OperationCaller {
    init(_ caller: Caller) { self.init(name: caller.keyID == nil ? "" : caller.name) }
}

extension LonghaulError {
    /// The problem for a definition with these errors.
    fileprivate static func definition(_ report: DefinitionReport, _ error: ServiceError) -> LonghaulError {
        let faults = report.problems.filter { $0.severity == .error }.prefix(maxDefinitionFaults).map {
            JSONFault(
                pointer: JSONPointer(parsing: $0.pointer) ?? .root.appending("definition"),
                message: "\($0.code): \($0.message)")
        }
        return faults.isEmpty ? LonghaulError(error) : .invalid(Array(faults))
    }

    private static let maxDefinitionFaults = 100
}
