public import LonghaulCore
import LonghaulHTTP
public import LonghaulJSON

/// State machines.
extension LonghaulClient {
    private static let root = "/v1/state-machines"

    private static func path(_ name: String) -> String { root + "/" + PathSegment.encode(name) }

    /// All state machines, by name, without their definitions.
    public func stateMachines() async throws -> [StateMachineInfo] {
        try await all(Self.root)
    }

    /// A state machine with its definition.
    public func stateMachine(_ name: String) async throws -> StateMachineInfo {
        try StateMachineInfo.decode(answer: try await send("GET", Self.path(name)).body)
    }

    /// Creates a state machine. A machine of the same name and content is returned as it is.
    public func createStateMachine(_ machine: NewStateMachine) async throws -> StateMachineInfo {
        try StateMachineInfo.decode(answer: try await send("POST", Self.root, json: machine).body)
    }

    /// Updates a state machine. Creates it if it does not exist.
    public func putStateMachine(_ name: String, _ spec: StateMachineSpec) async throws -> StateMachineInfo {
        try StateMachineInfo.decode(answer: try await send("PUT", Self.path(name), json: spec).body)
    }

    /// Deletes a state machine. Its executions continue.
    public func deleteStateMachine(_ name: String) async throws {
        _ = try await send("DELETE", Self.path(name))
    }

    /// The problems of a definition, errors and warnings.
    public func checkDefinition(_ check: DefinitionCheck) async throws -> DefinitionReport {
        try DefinitionReport.decode(answer: try await send("POST", "/v1/definition-checks", json: check).body)
    }

    /// The result of a start.
    public struct StartedExecution: Sendable, Hashable {
        /// The execution.
        public var execution: ExecutionView
        /// Whether an earlier request has started it.
        public var isReplay: Bool
    }

    /// Starts an execution. An Express execution has ended when the call returns.
    ///
    /// - Parameter waitSeconds: the maximum time to wait for the end of the execution, in seconds.
    public func startExecution(
        of machine: String, _ execution: NewExecution = NewExecution(), waitSeconds: Double = 0
    ) async throws -> StartedExecution {
        let query = waitSeconds > 0 ? "?wait_seconds=\(waitSeconds)" : ""
        let response = try await send(
            "POST", Self.path(machine) + "/executions" + query, json: execution,
            waitSeconds: max(waitSeconds, Self.maxExpressSeconds))
        return StartedExecution(
            execution: try ExecutionView.decode(answer: response.body),
            isReplay: response.headers["Idempotent-Replayed"] == "true")
    }

    /// The maximum time of an Express execution, in seconds.
    private static let maxExpressSeconds = 300.0
}

/// Executions of state machines.
extension LonghaulClient {
    /// A page of executions, the newest one first.
    ///
    /// - Parameters:
    ///   - machine: the state machine; nil for all.
    ///   - status: the status; nil for all.
    public func executions(
        of machine: String? = nil, _ status: ExecutionView.Status? = nil, after cursor: JobCursor? = nil,
        limit: Int = 50
    ) async throws -> ExecutionPage {
        var query = "?limit=\(limit)"
        if let machine { query += "&state_machine=" + PathSegment.encode(machine) }
        if let status { query += "&status=\(status.rawValue)" }
        if let cursor { query += "&cursor=" + PathSegment.encode(cursor.description) }
        let page = try Page<ExecutionView>.decode(
            answer: try await send("GET", "/v1/executions" + query).body)
        return ExecutionPage(executions: page.items, next: page.next.flatMap { JobCursor($0) })
    }

    /// The execution.
    ///
    /// - Parameter waitSeconds: the maximum time to wait for the end of the execution, in seconds.
    public func execution(_ id: JobID, waitSeconds: Double = 0) async throws -> ExecutionView {
        let query = waitSeconds > 0 ? "?wait_seconds=\(waitSeconds)" : ""
        let response = try await send("GET", "/v1/executions/\(id)" + query, waitSeconds: waitSeconds)
        return try ExecutionView.decode(answer: response.body)
    }

    /// Waits until the execution has ended, without a timeout.
    public func wait(forExecution id: JobID) async throws -> ExecutionView {
        while true {
            let execution = try await execution(id, waitSeconds: 30)
            if execution.status != .running { return execution }
            try Task.checkCancellation()
        }
    }

    /// All events of the history of an execution, the oldest one first.
    public func history(ofExecution id: JobID) async throws -> [ExecutionEventView] {
        try await all("/v1/executions/\(id)/history")
    }

    /// The definition that an execution runs.
    public func definition(ofExecution id: JobID) async throws -> JSONText {
        let body = try await send("GET", "/v1/executions/\(id)/definition").body
        return JSONText(validated: body)
    }

    /// Stops an execution. Does nothing if it has ended.
    public func stopExecution(_ id: JobID, _ stop: ExecutionStop = ExecutionStop()) async throws
        -> ExecutionView
    {
        try ExecutionView.decode(
            answer: try await send("POST", "/v1/executions/\(id)/stop", json: stop).body)
    }

    /// Continues an execution that has ended without success, from the states that failed.
    public func redriveExecution(_ id: JobID) async throws -> ExecutionView {
        try ExecutionView.decode(answer: try await send("POST", "/v1/executions/\(id)/redrive").body)
    }
}
