public import LonghaulJSON

/// A state machine, as the API shows it.
public struct StateMachineInfo: Sendable, Hashable {
    /// Where the executions of a state machine run.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Executions are stored, and may run for a year.
        case standard
        /// Executions run in the memory of one server, for up to five minutes.
        case express
    }

    /// The name.
    public var name: String
    /// The ARN, for the AWS protocol.
    public var arn: String
    /// Where executions run.
    public var type: Kind
    /// The identifier of the current revision. It changes with each change of the definition.
    public var revision: String
    /// The definition in the Amazon States Language; nil in lists.
    public var definition: JSONText?
    /// The tags.
    public var tags: [String: String]
    /// When it was created.
    public var createdAt: Timestamp
    /// When it was updated last; nil if it was not.
    public var updatedAt: Timestamp?

    /// A state machine.
    public init(
        name: String, arn: String, type: Kind, revision: String, definition: JSONText? = nil,
        tags: [String: String] = [:], createdAt: Timestamp, updatedAt: Timestamp? = nil
    ) {
        self.name = name
        self.arn = arn
        self.type = type
        self.revision = revision
        self.definition = definition
        self.tags = tags
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A page of state machines, by name.
public struct StateMachinePage: Sendable {
    /// The machines.
    public var machines: [StateMachineInfo]
    /// The name of the last machine of the page; nil if there are no more.
    public var next: String?

    /// A page.
    public init(machines: [StateMachineInfo], next: String?) {
        self.machines = machines
        self.next = next
    }
}

/// The content of a state machine that a caller creates or updates.
public struct StateMachineSpec: Sendable, Hashable {
    /// The text of the definition.
    public var definition: String
    /// Where executions run; nil for `standard`, or for the type that the machine has.
    public var type: StateMachineInfo.Kind?
    /// The tags of a new machine; nil for none.
    public var tags: [String: String]?

    /// A state machine with this definition.
    public init(
        definition: String, type: StateMachineInfo.Kind? = nil, tags: [String: String]? = nil
    ) {
        self.definition = definition
        self.type = type
        self.tags = tags
    }
}

/// A request to create a state machine.
public struct NewStateMachine: Sendable, Hashable {
    /// The name: 1–80 characters.
    public var name: String
    /// The content.
    public var spec: StateMachineSpec

    /// A state machine of this name.
    public init(name: String, _ spec: StateMachineSpec) {
        self.name = name
        self.spec = spec
    }
}

/// A request to check a definition.
public struct DefinitionCheck: Sendable, Hashable {
    /// The text of the definition.
    public var definition: String
    /// Where executions run.
    public var type: StateMachineInfo.Kind

    /// A check of a definition.
    public init(definition: String, type: StateMachineInfo.Kind = .standard) {
        self.definition = definition
        self.type = type
    }
}

/// The problems of a definition.
public struct DefinitionReport: Sendable, Hashable {
    /// A problem of a definition.
    public struct Problem: Sendable, Hashable {
        /// How severe a problem is.
        public enum Severity: String, Sendable, Hashable, CaseIterable {
            /// The machine cannot be created.
            case error
            /// The machine can be created, but probably does not do what is meant.
            case warning
        }

        /// How severe it is.
        public var severity: Severity
        /// AWS's code of the problem: `MISSING_TRANSITION_TARGET`.
        public var code: String
        /// What is wrong.
        public var message: String
        /// The place in the request: a JSON pointer that begins with `/definition`.
        public var pointer: String

        /// A problem.
        public init(severity: Severity, code: String, message: String, pointer: String) {
            self.severity = severity
            self.code = code
            self.message = message
            self.pointer = pointer
        }
    }

    /// Errors and warnings.
    public var problems: [Problem]

    /// Whether a machine with the definition can be created.
    public var isValid: Bool { !problems.contains { $0.severity == .error } }

    /// A report.
    public init(problems: [Problem]) {
        self.problems = problems
    }
}
