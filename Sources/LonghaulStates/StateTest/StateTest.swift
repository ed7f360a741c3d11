public import LonghaulJSON

/// A test of a single state: what it does with an input, without an execution.
///
/// A Task state without a mock needs its work done: ``StateTest/run()`` then returns ``StateTestOutcome/task(_:)``,
/// and the caller repeats the test with the work's outcome as a mock.
public struct StateTest: Sendable {
    /// The definition of a state, or of a machine.
    public var definition: String
    /// The state of a machine; nil for the definition of a state.
    public var stateName: String?
    /// The input.
    public var input: JSONText
    /// The context object; nil for a generated one.
    public var context: StateValue?
    /// The variables.
    public var variables: StateObject
    /// The outcome of the state's work; nil if there is none.
    public var mock: Mock?
    /// How often the state was retried.
    public var retryCount: Int
    /// The data that the item reader of a map has read.
    public var readerData: StateValue?
    /// The number of iterations of a map that have failed.
    public var failedIterations: Int?
    /// The execution that the context object names.
    public var info: ExecutionInfo

    /// The outcome of the work of a state.
    public enum Mock: Sendable {
        /// A result.
        case result(StateValue)
        /// An error.
        case error(StateError)
    }

    /// A test of a state.
    public init(definition: String, stateName: String? = nil, input: JSONText, info: ExecutionInfo) {
        self.definition = definition
        self.stateName = stateName
        self.input = input
        self.info = info
        variables = StateObject()
        retryCount = 0
    }

    /// The machine that the test runs: a state alone is put into one, with targets for its transitions.
    ///
    /// - Throws: ``DefinitionError`` if the definition is not valid.
    func machine() throws(DefinitionError) -> (machine: StateMachine, state: Int) {
        guard let name = stateName else {
            let machine = try StateMachine(parsing: StateTest.wrapped(definition))
            return (machine, machine.index(ofState: StateTest.loneName) ?? 0)
        }
        let machine = try StateMachine(parsing: definition)
        guard let index = machine.states.firstIndex(where: { $0.name == name }) else {
            throw DefinitionError("State not found: \(name)")
        }
        return (machine, index)
    }

    /// The name of a state that is tested alone.
    static let loneName = "StateName"

    /// A machine with a state and the states that its transitions name.
    static func wrapped(_ definition: String) throws(DefinitionError) -> String {
        guard let value = try? StateValue(parsing: definition), let state = value.object else {
            throw DefinitionError("Expected value of type Object")
        }
        var states = StateObject()
        let targets =
            [state["Next"], state["Default"]]
            + ["Choices", "Catch"].flatMap { state[$0]?.array?.map { $0["Next"] } ?? [] }
        for target in targets.compactMap({ $0?.string }) {
            states[target] = .members([("Type", .string("Succeed"))])
        }
        states[loneName] = value
        var machine = StateObject()
        machine["StartAt"] = .string(loneName)
        machine["States"] = .object(states)
        return StateValue.object(machine).json.description
    }

    /// Runs the test.
    ///
    /// - Parameter moment: The time, and the randomness of intrinsic functions.
    /// - Throws: ``DefinitionError`` if the definition is not valid.
    public func run(
        at moment: EventMoment, settings: InterpreterSettings = InterpreterSettings()
    ) throws(DefinitionError) -> StateTestOutcome {
        let (machine, index) = try machine()
        guard let payload = try? Payload(parsing: input) else {
            throw DefinitionError("The input is not valid JSON")
        }
        var runner = StateTestRunner(
            test: self, machine: machine, state: index, input: payload, moment: moment, settings: settings)
        return runner.run()
    }
}

/// The outcome of a test of a state.
public enum StateTestOutcome: Sendable {
    /// The state has been tested.
    case result(StateTestResult)
    /// The work of a Task state is to be done, with these parameters.
    case task(TaskStart)
}

/// The result of a test of a state.
public struct StateTestResult: Sendable {
    /// The status: `SUCCEEDED`, `FAILED`, `RETRIABLE` or `CAUGHT_ERROR`.
    public enum Status: String, Sendable {
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case retriable = "RETRIABLE"
        case caught = "CAUGHT_ERROR"
    }

    /// The status.
    public internal(set) var status: Status
    /// The output.
    public internal(set) var output: JSONText?
    /// The error.
    public internal(set) var error: StateError?
    /// The state that would run next.
    public internal(set) var nextState: String?
    /// The data between the steps of the state, as `inspectionData` has them.
    public internal(set) var inspection: StateObject
}
