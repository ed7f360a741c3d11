public import LonghaulJSON

/// An execution of a state machine, as the API shows it.
public struct ExecutionView: Sendable, Hashable {
    /// The status of an execution or a map run.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// It has not ended.
        case running
        /// It has ended with an output.
        case succeeded
        /// It has ended with an error.
        case failed
        /// It took longer than the `TimeoutSeconds` of its definition.
        case timedOut = "timed_out"
        /// A caller has stopped it.
        case aborted
    }

    /// A state that is entered and not left.
    public struct OpenState: Sendable, Hashable {
        /// The name of the state.
        public var name: String
        /// The type of the state: `Task`.
        public var type: String
        /// The number of the event of its entry in the history.
        public var entryEvent: Int
        /// When it was entered.
        public var enteredAt: Timestamp
        /// The number of retries so far.
        public var retryCount: Int

        /// An open state.
        public init(name: String, type: String, entryEvent: Int, enteredAt: Timestamp, retryCount: Int) {
            self.name = name
            self.type = type
            self.entryEvent = entryEvent
            self.enteredAt = enteredAt
            self.retryCount = retryCount
        }
    }

    /// The job of the execution; nil for an Express execution, which has none.
    public var id: JobID?
    /// The name.
    public var name: String
    /// The ARN, for the AWS protocol.
    public var arn: String
    /// The name of the state machine.
    public var machine: String
    /// The revision of the state machine that it runs.
    public var revision: String
    /// The version or the alias of the state machine with which it was started, if the caller named one.
    public var qualifier: String?
    /// The status.
    public var status: Status
    /// The input; nil in lists.
    public var input: JSONText?
    /// The output; nil in lists, and for an execution that has not succeeded.
    public var output: JSONText?
    /// The name of the error; nil if there is none.
    public var error: String?
    /// The cause of the error; nil if there is none.
    public var cause: String?
    /// When it started.
    public var startedAt: Timestamp
    /// When it ended; nil while it runs.
    public var endedAt: Timestamp?
    /// The number of redrives.
    public var redriveCount = 0
    /// When it was redriven last; nil if it was not.
    public var redrivenAt: Timestamp?
    /// The states that are entered and not left; nil in lists.
    public var openStates: [OpenState]?
    /// The runs of distributed maps; nil in lists.
    public var mapRuns: [MapRunView]?

    /// The maximum number of open states and of map runs that are shown.
    public static let maxParts = 100

    /// An execution.
    public init(
        id: JobID?, name: String, arn: String, machine: String, revision: String, status: Status,
        startedAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.arn = arn
        self.machine = machine
        self.revision = revision
        self.status = status
        self.startedAt = startedAt
    }
}

/// A run of a distributed map, as the API shows it.
public struct MapRunView: Sendable, Hashable {
    /// Numbers of items or of child executions by their status.
    public struct Counts: Sendable, Hashable {
        /// Those that have not started.
        public var pending = 0
        /// Those that run.
        public var running = 0
        /// Those that have succeeded.
        public var succeeded = 0
        /// Those that have failed.
        public var failed = 0
        /// Those that took too long.
        public var timedOut = 0
        /// Those that were stopped.
        public var aborted = 0

        /// No items.
        public init() {}

        /// The sum.
        public var total: Int { pending + running + succeeded + failed + timedOut + aborted }
    }

    /// The ARN, for the AWS protocol.
    public var arn: String
    /// The label of the map.
    public var label: String
    /// The status.
    public var status: ExecutionView.Status
    /// When it started.
    public var startedAt: Timestamp
    /// When it ended; nil while it runs.
    public var endedAt: Timestamp?
    /// Maximum number of child executions at the same time; 0 for no limit.
    public var maxConcurrency = 0
    /// The items.
    public var items = Counts()
    /// The child executions.
    public var executions = Counts()
    /// The number of redrives.
    public var redriveCount = 0

    /// A map run.
    public init(arn: String, label: String, status: ExecutionView.Status, startedAt: Timestamp) {
        self.arn = arn
        self.label = label
        self.status = status
        self.startedAt = startedAt
    }
}

/// A page of executions, the newest one first.
public struct ExecutionPage: Sendable {
    /// The executions.
    public var executions: [ExecutionView]
    /// The cursor of the next page; nil if there are no more.
    public var next: JobCursor?

    /// A page.
    public init(executions: [ExecutionView], next: JobCursor?) {
        self.executions = executions
        self.next = next
    }
}

/// A request to start an execution.
public struct NewExecution: Sendable, Hashable {
    /// The name, unique among the executions of the machine; nil for one that the server makes.
    public var name: String?
    /// The input.
    public var input: JSONText
    /// The version or the alias to start; nil for the current revision.
    public var qualifier: String?

    /// An execution.
    public init(name: String? = nil, input: JSONText = .emptyObject, qualifier: String? = nil) {
        self.name = name
        self.input = input
        self.qualifier = qualifier
    }
}

/// A request to stop an execution.
public struct ExecutionStop: Sendable, Hashable {
    /// The name of the error that the execution ends with.
    public var error: String?
    /// The cause of the error.
    public var cause: String?

    /// A stop.
    public init(error: String? = nil, cause: String? = nil) {
        self.error = error
        self.cause = cause
    }
}

/// An event in the history of an execution, as the API shows it.
public struct ExecutionEventView: Sendable, Hashable {
    /// The number, from 1.
    public var number: Int
    /// The event that led to this one; 0 for none.
    public var previous: Int
    /// The type: `task_state_entered`.
    public var type: String
    /// The time.
    public var at: Timestamp
    /// What the event records: an object.
    public var details: JSONText

    /// An event.
    public init(number: Int, previous: Int, type: String, at: Timestamp, details: JSONText) {
        self.number = number
        self.previous = previous
        self.type = type
        self.at = at
        self.details = details
    }
}

/// A page of a history.
public struct ExecutionHistoryPage: Sendable {
    /// The events.
    public var events: [ExecutionEventView]
    /// The number of the last event of the page; nil if there are no more.
    public var next: Int?

    /// A page.
    public init(events: [ExecutionEventView], next: Int?) {
        self.events = events
        self.next = next
    }
}
