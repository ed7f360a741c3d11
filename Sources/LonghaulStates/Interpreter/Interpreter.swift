/// Runs a state machine: a pure function over the definition, a snapshot and an event. It has no clock and does no I/O.
///
/// ```swift
/// let interpreter = Interpreter(machine)
/// var snapshot = ExecutionSnapshot(info)
/// let step = interpreter.step(&snapshot, [.started], at: EventMoment(time: now, seed: random))
/// // Store step.history and step.changes, and do step.commands, in one commit.
/// ```
public struct Interpreter: Sendable {
    /// The definition.
    public let machine: StateMachine
    /// Limits and names.
    public let settings: InterpreterSettings

    /// An interpreter of a definition.
    public init(_ machine: StateMachine, settings: InterpreterSettings = InterpreterSettings()) {
        self.machine = machine
        self.settings = settings
    }

    /// Handles events, and runs the execution until it waits, ends, or the step is long enough.
    ///
    /// Events that happen at the same moment belong in one step: their outcomes are recorded before the first of them
    /// has consequences. Events of an execution that has ended, and of tasks and timers that are over, change nothing.
    ///
    /// Complexity: O(what the step records), whatever the size of the snapshot.
    public func step(
        _ snapshot: inout ExecutionSnapshot, _ events: [ExecutionEvent], at moment: EventMoment
    ) -> StepResult {
        var turn = Turn(machine: machine, settings: settings, info: snapshot.info, moment: moment)
        swap(&turn.snapshot, &snapshot)
        for event in events { turn.handle(event) }
        turn.runUntilItWaits()
        swap(&turn.snapshot, &snapshot)
        return StepResult(
            history: turn.history, commands: turn.commands, changes: snapshot.takeChanges())
    }
}

/// Limits and names that the interpreter uses.
public struct InterpreterSettings: Sendable {
    /// Maximum size of inputs and outputs, in bytes.
    public var maxDataBytes: Int
    /// Maximum number of history events of an execution; nil for none.
    public var maxHistoryEvents: Int?
    /// Maximum time of an Express execution, in seconds.
    public var maxExpressSeconds: Int
    /// How many events a step may record before it ends, with ``ExecutionCommand/proceed``.
    public var maxEventsPerStep: Int
    /// How many bytes of data the events of a step may have before it ends, with ``ExecutionCommand/proceed``.
    public var maxBytesPerStep: Int
    /// How long a step may take before it ends, with ``ExecutionCommand/proceed``, in seconds. It changes no history.
    public var maxSecondsPerStep: Double
    /// The clock of ``maxSecondsPerStep``; nil for no limit of time.
    public var steadySeconds: (@Sendable () -> Double)?
    /// Maximum number of iterations of an inline map at the same time.
    public var maxInlineConcurrency: Int
    /// Maximum number of children of a map run at the same time.
    public var maxChildConcurrency: Int
    /// Makes the token of a task, from the execution's ARN and the task's number. It must return the same token for
    /// the same task, and must not be guessable. The default is for tests alone.
    public var makeToken: @Sendable (_ executionARN: String, _ task: Int) -> String
    /// Says what is wrong with the parameters of a task; nil if nothing is.
    public var checkParameters: @Sendable (TaskResource, StateValue) -> String?

    /// Settings; by default AWS's limits.
    public init(
        maxDataBytes: Int = 262_144, maxHistoryEvents: Int? = 25_000, maxExpressSeconds: Int = 300,
        maxEventsPerStep: Int = 1000, maxBytesPerStep: Int = 1 << 20, maxSecondsPerStep: Double = 0.1,
        steadySeconds: (@Sendable () -> Double)? = nil, maxInlineConcurrency: Int = 40,
        maxChildConcurrency: Int = 10_000,
        makeToken: @escaping @Sendable (_ executionARN: String, _ task: Int) -> String = { "\($0)#\($1)" },
        checkParameters: @escaping @Sendable (TaskResource, StateValue) -> String? = { _, _ in nil }
    ) {
        self.maxDataBytes = maxDataBytes
        self.maxHistoryEvents = maxHistoryEvents
        self.maxExpressSeconds = maxExpressSeconds
        self.maxEventsPerStep = maxEventsPerStep
        self.maxBytesPerStep = maxBytesPerStep
        self.maxSecondsPerStep = maxSecondsPerStep
        self.steadySeconds = steadySeconds
        self.maxInlineConcurrency = maxInlineConcurrency
        self.maxChildConcurrency = maxChildConcurrency
        self.makeToken = makeToken
        self.checkParameters = checkParameters
    }
}

/// What a step has done.
public struct StepResult: Sendable {
    /// The events to append to the history.
    public let history: [HistoryEvent]
    /// What the server has to do, in this order.
    public let commands: [ExecutionCommand]
    /// The parts of the snapshot that have changed.
    public let changes: SnapshotChanges
}
