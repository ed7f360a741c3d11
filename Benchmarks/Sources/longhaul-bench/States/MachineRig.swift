import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulPostgres
import LonghaulStates
import LonghaulWorker

/// State machines over an embedded engine, and the runner of their executions.
struct MachineRig: Sendable {
    let engine: Engine
    let functions: StepFunctions
    private let rig: Rig
    private let runner: Worker
    /// The number of requests that start executions at the same time.
    private static let starters = 64
    private static let deadlineSeconds = 600.0

    /// Opens a new store.
    ///
    /// - Parameter address: `sqlite`, or `postgres://…`.
    init(_ address: String) async throws {
        rig = try Rig(store: address == "sqlite" ? nil : try await PostgresStore.open(url: address))
        engine = rig.engine
        try await engine.start()
        try await Rig.openWide(engine)
        var executions = QueueSettings()
        executions.maxDepth = nil
        _ = try await engine.setQueue(JobSpec.executionQueue, executions)
        let host = ExecutionHost(engine: engine)
        var settings = ExecutionSettings()
        // The inline map of 10,000 items has more events than AWS allows.
        settings.executions.historyEvents = 1_000_000
        functions = StepFunctions(store: engine, host: host, settings: settings, time: engine.time)
        let runner = ExecutionRunner(functions, host)
        self.runner = Worker(
            configuration: runner.workerConfiguration(), gateway: engine, handlers: runner.handlers)
        self.runner.start()
    }

    func end() async throws {
        await runner.shutdown(grace: .seconds(30))
        try await rig.end()
    }

    /// Creates a standard machine. Returns its ARN.
    func create(_ name: String, _ definition: String) async throws -> String {
        let output = try await functions.perform(
            "CreateStateMachine",
            StateObject([
                ("name", .string(name)), ("definition", .string(definition)),
                ("roleArn", .string("arn:aws:iam::000000000000:role/bench")),
            ]), by: OperationCaller())
        return output["stateMachineArn"]?.string ?? ""
    }

    /// Starts executions, many at the same time.
    func start(_ executions: Int, of machine: String, input: String) async throws {
        try await withThrowingTaskGroup { group in
            for starter in 0..<Self.starters {
                let count = executions / Self.starters + (starter < executions % Self.starters ? 1 : 0)
                group.addTask { for _ in 0..<count { try await start(machine, input) } }
            }
            try await group.waitForAll()
        }
    }

    private func start(_ machine: String, _ input: String) async throws {
        _ = try await functions.perform(
            "StartExecution",
            StateObject([("stateMachineArn", .string(machine)), ("input", .string(input))]),
            by: OperationCaller())
    }

    /// The jobs of a queue that have completed.
    func completed(_ queue: String = JobSpec.executionQueue) async throws -> Int {
        try await engine.queue(queue).record.counts[.completed] ?? 0
    }

    /// Waits until this number of jobs of a queue has completed, and checks that the queue has no others.
    func waitUntil(completed: Int, in queue: String = JobSpec.executionQueue) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(Self.deadlineSeconds)
        while true {
            let counts = try await engine.queue(queue).record.counts.filter { $0.value > 0 }
            if counts == [.completed: completed] { return }
            let hasFailed = counts.contains { $0.key.isFinal && $0.key != .completed }
            guard clock.now < deadline, !hasFailed else {
                throw LonghaulError(.internal, "not every job of \(queue) has completed: \(counts)")
            }
            try await clock.sleep(for: .milliseconds(20))
        }
    }
}
