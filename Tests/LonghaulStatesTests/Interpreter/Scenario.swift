import LonghaulJSON
import LonghaulStates
import Testing

/// An execution that a test drives by hand. The snapshot is read from its stored parts before each step, as after a
/// crash.
struct Scenario {
    let interpreter: Interpreter
    private(set) var history: [HistoryEvent] = []
    private(set) var commands: [ExecutionCommand] = []
    private(set) var end: ExecutionEnd?
    private(set) var snapshot: ExecutionSnapshot
    private(set) var time: Int64 = 1_700_000_000_000
    private(set) var storedBytes = 0
    /// Whether the snapshot is read from its stored parts before each step.
    var crashes = true
    private var stored: [String: JSONText] = [:]
    private var stepCount: UInt64 = 0

    init(
        _ definition: String, input: String = "{}", settings: InterpreterSettings = InterpreterSettings(),
        isExpress: Bool = false
    ) throws {
        interpreter = Interpreter(try StateMachine(parsing: definition), settings: settings)
        let arn = "arn:aws:states:us-east-1:000000000000"
        snapshot = ExecutionSnapshot(
            ExecutionInfo(
                arn: "\(arn):execution:machine:run", name: "run",
                stateMachineARN: "\(arn):stateMachine:machine", stateMachineName: "machine",
                roleARN: "arn:aws:iam::000000000000:role/r",
                input: JSONText(validated: Array(input.utf8)), startTime: time, isExpress: isExpress))
    }

    /// Starts the execution.
    mutating func start() throws { try step([.started]) }

    /// Handles events, a number of milliseconds after the last ones.
    mutating func step(_ events: [ExecutionEvent], after milliseconds: Int64 = 1) throws {
        time += milliseconds
        if crashes, !stored.isEmpty { snapshot = try ExecutionSnapshot(parts: stored) }
        stepCount += 1
        let result = interpreter.step(&snapshot, events, at: EventMoment(time: time, seed: stepCount))
        result.changes.apply(to: &stored)
        storedBytes += result.changes.parts.values.reduce(0) { $0 + ($1?.bytes.count ?? 0) }
        if crashes {
            let parts = snapshot.parts
            let different = Set(parts.keys).union(stored.keys).filter { parts[$0] != stored[$0] }
            #expect(different.isEmpty)
        }
        history += result.history
        commands = result.commands
        for command in commands {
            if case .end(let end) = command { self.end = end }
        }
        if snapshot.status != .running { #expect(snapshot.end == end) }
    }

    mutating func report(_ task: Int, _ reports: TaskReport...) throws {
        try step(reports.map { .task(id: task, $0) })
    }

    /// Ends a task with an output.
    mutating func succeed(_ task: Int, _ output: String) throws {
        try report(task, .succeeded(output: JSONText(validated: Array(output.utf8))))
    }

    /// Ends a task with an error.
    mutating func fail(_ task: Int, _ name: String, _ cause: String? = nil) throws {
        try report(task, .failed(StateError(name: name, cause: cause)))
    }

    /// Fires the timer that the last step started.
    mutating func fireTimer() throws {
        let timer = try #require(timers.first)
        try step([.timer(id: timer.id)], after: timer.time - time)
    }

    // MARK: - What the last step commanded

    var tasks: [TaskStart] {
        commands.compactMap { if case .startTask(let start) = $0 { start } else { nil } }
    }

    var timers: [(id: Int, time: Int64)] {
        commands.compactMap { if case .startTimer(let id, let time) = $0 { (id, time) } else { nil } }
    }

    /// The delay of the first timer that the last step started, in milliseconds.
    var delay: Int64? { timers.first.map { $0.time - time } }

    var children: [ChildStart] {
        commands.flatMap { if case .startChildren(_, let starts) = $0 { starts } else { [ChildStart]() } }
    }

    var cancelledTasks: [Int] {
        commands.compactMap { if case .cancelTask(let id) = $0 { id } else { nil } }
    }

    // MARK: - The history

    /// The types of the events, each with the event that it follows: `3<2 PassStateExited`.
    var lines: [String] {
        history.map { "\($0.id)<\($0.previousID) \($0.type.rawValue)" }
    }

    var types: [HistoryEventType] { history.map(\.type) }

    var output: String? {
        if case .succeeded(let output) = end { return output.description }
        return nil
    }

    var error: StateError? {
        switch end {
        case .failed(let error), .aborted(let error), .timedOut(let error): error
        default: nil
        }
    }
}

/// A machine of one task state with further fields: `"Retry": […]`.
func taskMachine(_ fields: String = "", language: String = "JSONPath") -> String {
    let more = fields.isEmpty ? "" : ", \(fields)"
    return """
        {"QueryLanguage": "\(language)", "StartAt": "Work", "States": {
            "Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Done"\(more)},
            "Caught": {"Type": "Pass", "End": true},
            "Done": {"Type": "Succeed"}}}
        """
}
