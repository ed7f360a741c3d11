import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP
import LonghaulJSON

/// The routes of executions of state machines.
struct ExecutionRoutes: RouteGroup {
    let context: APIContext

    private static let statuses = QueryParameter(
        name: "status", description: "Only executions with this status.",
        schema: .choice(ExecutionView.Status.allCases.map(\.rawValue)))

    var routes: [Route] {
        [
            Route(
                method: "POST", pattern: "/v1/state-machines/{name}/executions", operation: "startExecution",
                tag: .stateMachines,
                access: .scope(.jobsSubmit), summary: "Starts an execution of the state machine.",
                description: """
                    The execution is durable when the server answers. `name` is unique among the executions of \
                    the machine, also after their ends: while an execution of this name and input runs, the \
                    same request answers 200 with it and `Idempotent-Replayed: true`; another request with the \
                    name answers 409. `qualifier` is the number of a version or the name of an alias. `Prefer: \
                    wait=N` holds the answer until the execution has ended. An execution of an `express` \
                    machine runs while the call is held, and has no `id`.
                    """,
                query: [.waitSeconds("The time to wait for the end of the execution.")],
                body: .named("NewExecution"),
                example: #"{"name": "order-7", "input": {"order": 7}}"#,
                answers: [200: .named("Execution"), 202: .named("Execution")],
                examples: [202: #"{"status": "running", "output": null, "ended_at": null}"#],
                problems: [400, 404, 409, 413, 415, 503], handler: start),
            Route(
                method: "GET", pattern: "/v1/state-machines/{name}/executions",
                operation: "listExecutionsOfStateMachine", tag: .stateMachines, access: .scope(.jobsRead),
                summary: "The executions of the state machine, newest first.",
                description: """
                    Executions without input, output, open states and map runs. `express` machines have no list \
                    (409). A page reads as many executions as it needs for its `limit`.
                    """,
                query: QueryParameter.page + [Self.statuses], answers: [200: .named("ExecutionPage")],
                problems: [404, 409], handler: { try await list($0, of: $0.parameter("name")) }),
            Route(
                method: "GET", pattern: "/v1/executions", operation: "listExecutions", tag: .stateMachines,
                access: .scope(.jobsRead), summary: "The executions of all state machines, newest first.",
                description: """
                    Executions without input, output, open states and map runs, child executions of distributed \
                    maps included unless `state_machine` is given.
                    """,
                query: QueryParameter.page + [
                    Self.statuses,
                    QueryParameter(
                        name: "state_machine", description: "Only executions of this state machine."),
                ], answers: [200: .named("ExecutionPage")], problems: [404, 409],
                handler: { try await list($0, of: $0.http.query.first("state_machine")) }),
            Route(
                method: "GET", pattern: "/v1/executions/{id}", operation: "getExecution", tag: .stateMachines,
                access: .scope(.jobsRead), summary: "The execution.",
                description: """
                    `open_states` are the states that were entered and not left, in the order of their entry, \
                    at most 100. The answer has a strong `ETag`; `If-None-Match` answers 304.
                    """,
                headers: [.ifNoneMatch],
                query: [.waitSeconds("The time to wait for the end of the execution.")],
                answers: [200: .named("Execution"), 304: .nothing], problems: [404], handler: get),
            Route(
                method: "GET", pattern: "/v1/executions/{id}/history", operation: "getExecutionHistory",
                tag: .stateMachines,
                access: .scope(.jobsRead), summary: "The events of the execution.",
                description: """
                    The events that AWS records, with its types in lower case: `task_state_entered`. `details` \
                    depends on the type. With `order=desc` the newest event comes first.
                    """,
                query: QueryParameter.page(cursor: "^h1\\.[1-9][0-9]{0,8}$") + [
                    QueryParameter(
                        name: "order", description: "asc, the default, or desc for the newest event first.",
                        schema: .choice(["asc", "desc"]))
                ], answers: [200: .named("ExecutionHistoryPage")], problems: [404], handler: history),
            Route(
                method: "GET", pattern: "/v1/executions/{id}/definition",
                operation: "getExecutionDefinition", tag: .stateMachines, access: .scope(.jobsRead),
                summary: "The definition that the execution runs.",
                description: "It does not change when the machine is updated.",
                answers: [200: .named("StateMachineDefinition")], problems: [404], handler: definition),
            Route(
                method: "POST", pattern: "/v1/executions/{id}/stop", operation: "stopExecution",
                tag: .stateMachines,
                access: .scope(.jobsWrite), summary: "Stops the execution.",
                description: """
                    The execution ends as `aborted` with the given error and cause. Its tasks are cancelled. \
                    The call waits a few seconds for the end. An execution that has ended is returned as it is.
                    """, body: .named("ExecutionStop"), isBodyRequired: false,
                example: #"{"error": "Stopped", "cause": "by an operator"}"#,
                answers: [200: .named("Execution")],
                examples: [
                    200:
                        #"{"status": "aborted", "output": null, "error": "Stopped", "cause": "by an operator"}"#
                ], problems: [400, 404, 413, 415], handler: stop),
            Route(
                method: "POST", pattern: "/v1/executions/{id}/redrive", operation: "redriveExecution",
                tag: .stateMachines,
                access: .scope(.jobsWrite),
                summary: "Continues an execution that has ended without success.",
                description: """
                    The states that failed, or were not over when the execution ended, run again. The history \
                    continues. `redrive_count` counts the redrive once a server has continued the execution. \
                    409 if the execution runs, has succeeded, or is a child of a map run.
                    """,
                answers: [200: .named("Execution")],
                examples: [
                    200: #"{"status": "running", "output": null, "ended_at": null, "redrive_count": 1}"#
                ], problems: [400, 404, 409], handler: redrive),
        ]
    }

    // MARK: Start

    @Sendable
    private func start(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let new = try await request.decode(NewExecution.self)
        let (name, caller) = (request.parameter("name"), request.operationCaller)
        let trace = request.traceparent
        // An Express execution runs while the call is held.
        let started = try await context.held.hold(by: request.caller) {
            try await asProblem { () throws(ServiceError) in
                try await service.startExecution(of: name, new, traceHeader: trace, by: caller)
            }
        }
        guard let (execution, isReplay) = started else {
            throw LonghaulError(.unavailable, "the server interrupted the call; retry it")
        }
        guard let id = execution.id else { return Answer.json(200, execution) }
        var headers: HTTPHeaders = ["Location": "/v1/executions/\(id)"]
        if isReplay { headers.add("Idempotent-Replayed", "true") }
        let latest = try await ended(id, request) ?? execution
        let isDone = isReplay || latest.status != .running
        return Answer.json(isDone ? 200 : 202, latest, headers: headers)
    }

    /// Waits for the end of an execution, as long as the caller wants; nil if the caller does not wait.
    private func ended(_ id: JobID, _ request: APIRequest) async throws -> ExecutionView? {
        guard let wait = request.waitSeconds(), wait > 0 else { return nil }
        let engine = context.engine
        _ = try await context.held.hold(by: request.caller) { try await engine.wait(for: id, seconds: wait) }
        let service = try context.stateMachines()
        return try await asProblem { () throws(ServiceError) in try await service.execution(id) }
    }

    // MARK: Reading

    private func list(_ request: APIRequest, of machine: String?) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let cursor = try request.query("cursor", "the next_cursor of an earlier page") { JobCursor($0) }
        let status = request.http.query.first("status").flatMap(ExecutionView.Status.init(rawValue:))
        let page = try await asProblem { () throws(ServiceError) in
            try await service.executions(of: machine, status, after: cursor, limit: request.limit())
        }
        return Answer.page(
            page.executions, next: page.next?.description,
            cursor: { $0.id.map { JobCursor(after: $0).description } ?? "" })
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let id = try request.executionID()
        let execution = try await asProblem { () throws(ServiceError) in try await service.execution(id) }
        let latest = execution.status == .running ? try await ended(id, request) : nil
        var response = Answer.json(200, latest ?? execution)
        guard case .bytes(let bytes) = response.body else { return response }
        let tag = Answer.entityTag(bytes)
        if Answer.matches(request.http.headers["If-None-Match"], tag: tag) {
            return Answer.empty(304, headers: ["ETag": tag])
        }
        response.headers.add("ETag", tag)
        return response
    }

    @Sendable
    private func history(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let id = try request.executionID()
        let after = try request.query("cursor", "the next_cursor of an earlier page", Self.number(of:))
        let isDescending = request.http.query.first("order") == "desc"
        let page = try await asProblem { () throws(ServiceError) in
            try await service.history(
                of: id, after: after, isDescending: isDescending, limit: request.limit())
        }
        return Answer.page(
            page.events, next: page.next.map { Self.cursorMark + "\($0)" },
            cursor: { Self.cursorMark + "\($0.number)" })
    }

    private static let cursorMark = "h1."

    private static func number(of cursor: String) -> Int? {
        guard cursor.hasPrefix(cursorMark), let number = Int(cursor.dropFirst(cursorMark.count)),
            (1...999_999_999).contains(number), cursor == cursorMark + "\(number)"
        else { return nil }
        return number
    }

    @Sendable
    private func definition(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let id = try request.executionID()
        return Answer.json(
            200,
            try await asProblem { () throws(ServiceError) in try await service.definition(ofExecution: id) })
    }

    // MARK: Changes

    @Sendable
    private func stop(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        let bytes = try await request.json()
        let stop = bytes.isEmpty ? ExecutionStop() : try ExecutionStop.decode(bytes)
        let id = try request.executionID()
        return Answer.json(
            200, try await asProblem { () throws(ServiceError) in try await service.stop(id, stop) })
    }

    @Sendable
    private func redrive(_ request: APIRequest) async throws -> HTTPResponse {
        let service = try request.machines(context)
        try await request.expectNoBody()
        let id = try request.executionID()
        return Answer.json(
            200, try await asProblem { () throws(ServiceError) in try await service.redrive(id) })
    }
}

extension APIRequest {
    /// The execution that the path names.
    ///
    /// - Throws: `not_found` if the text is not the ID of a job.
    fileprivate func executionID() throws(LonghaulError) -> JobID {
        let text = parameter("id")
        guard let id = JobID(text) else {
            throw LonghaulError(.notFound, "there is no execution \"\(text.prefix(80))\"")
        }
        return id
    }
}
