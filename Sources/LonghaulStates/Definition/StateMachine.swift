/// A state machine, parsed.
///
/// All states, those of branches and item processors too, are in one table. A state is known by its index in the
/// table, which depends on the text of the definition alone. Snapshots hold these indices, so an execution needs the
/// definition with which it began.
public struct StateMachine: Sendable {
    /// The comment.
    public let comment: String?
    /// The version of the language; `1.0` if the definition has none.
    public let version: String
    /// Maximum time of an execution, in seconds; nil for none.
    public let timeoutSeconds: Int?
    /// The sequences of states: the machine itself first, then those of branches and item processors.
    public internal(set) var blocks: [StateBlock]
    /// All states.
    public internal(set) var states: [State]

    /// Maximum nesting of Parallel and Map states.
    public static let maxNesting = 100
    /// Maximum size of a definition, in bytes.
    public static let maxBytes = 1_048_576

    /// The index of a state at the top of the machine.
    public func index(ofState name: String) -> Int? {
        blocks[0].states[name]
    }
}

/// States that follow one another: the machine itself, a branch, or an item processor.
public struct StateBlock: Sendable {
    /// The state that runs first.
    public internal(set) var start: Int
    /// The states by name.
    public internal(set) var states: [String: Int]
    /// The Parallel or Map state that the block belongs to; nil for the machine.
    public let owner: Int?
    /// The number of Parallel and Map states around the block.
    public let nesting: Int
}

/// A state: what all states have in common, and what is particular to its type.
public struct State: Sendable {
    /// The name.
    public let name: String
    /// The comment.
    public let comment: String?
    /// The query language of its fields.
    public let language: QueryLanguage
    /// What the state does.
    public internal(set) var kind: StateKind
    /// The state that runs next; nil if the state ends its block.
    public internal(set) var next: Int?
    /// The fields that select input and output.
    public let data: StateDataFields
    /// The retriers, in the order in which they are tried.
    public let retriers: [Retrier]
    /// The catchers, in the order in which they are tried.
    public internal(set) var catchers: [Catcher]
}

/// What is particular to a type of state.
public enum StateKind: Sendable {
    /// Passes its input on, or a fixed result.
    case pass(result: StateValue?)
    /// Does work outside the machine.
    case task(TaskState)
    /// Selects the next state.
    case choice(ChoiceState)
    /// Waits.
    case wait(WaitState)
    /// Ends its block.
    case succeed
    /// Fails.
    case fail(error: TextField?, cause: TextField?)
    /// Runs blocks side by side.
    case parallel(branches: [Int])
    /// Runs a block for each item.
    case map(MapState)

    /// The prefix of the state's history events: `Task` in `TaskStateEntered`.
    public var typeName: String {
        switch self {
        case .pass: "Pass"
        case .task: "Task"
        case .choice: "Choice"
        case .wait: "Wait"
        case .succeed: "Succeed"
        case .fail: "Fail"
        case .parallel: "Parallel"
        case .map: "Map"
        }
    }

    /// Whether the state may have retriers.
    var canRetry: Bool {
        switch self {
        case .task, .parallel, .map: true
        case .pass, .choice, .wait, .succeed, .fail: false
        }
    }
}

/// When and how often a state is retried.
public struct Retrier: Sendable, Hashable {
    /// The names of the errors.
    public let errors: [String]
    /// The first delay, in seconds.
    public let intervalSeconds: Double
    /// Maximum number of retries.
    public let maxAttempts: Int
    /// The factor between a delay and the next one.
    public let backoffRate: Double
    /// Maximum delay, in seconds; nil for none.
    public let maxDelaySeconds: Double?
    /// Whether the delay is a random part of the computed one.
    public let hasFullJitter: Bool

    /// The delay before a retry after `count` others, in seconds, without jitter.
    func delay(before count: Int) -> Double {
        var delay = intervalSeconds
        for _ in 0..<min(count, 1000) { delay *= backoffRate }
        return max(0, min(delay, maxDelaySeconds ?? Retrier.maxDelay, Retrier.maxDelay))
    }

    /// Maximum delay before a retry, in seconds.
    private static let maxDelay = 31_622_400.0
}

/// The state that runs next after an error.
public struct Catcher: Sendable {
    /// The names of the errors.
    public let errors: [String]
    /// The state that runs next.
    public internal(set) var next: Int
    /// The place of the error in the state's input (JSONPath).
    public let resultPath: ResultPath
    /// The variables to assign.
    public let assign: Template?
    /// The output (JSONata).
    public let output: Template?
}
