public import LonghaulJSON

/// The details of a history event. The types of events that share a form share a case.
public enum HistoryDetails: Sendable, Hashable {
    /// ExecutionStarted.
    case started(ExecutionStart)
    /// An output: ExecutionSucceeded, LambdaFunctionSucceeded, ActivitySucceeded.
    case output(JSONText)
    /// An error of something that is no task of a service.
    case failure(StateError)
    /// A state was entered.
    case entered(name: String, input: JSONText)
    /// A state was exited.
    case exited(StateExit)
    /// TaskScheduled.
    case taskScheduled(TaskSchedule)
    /// LambdaFunctionScheduled, ActivityScheduled.
    case functionScheduled(FunctionSchedule)
    /// ActivityStarted.
    case activityStarted(worker: String?)
    /// TaskStarted.
    case task(ServiceAction)
    /// TaskSubmitted, TaskSucceeded.
    case taskOutput(ServiceAction, JSONText)
    /// An error of a task of a service.
    case taskFailure(ServiceAction, StateError)
    /// MapStateStarted: the number of items.
    case length(Int)
    /// An iteration of an inline Map state.
    case iteration(name: String, index: Int)
    /// MapRunStarted.
    case mapRun(arn: String)
    /// MapRunRedriven.
    case mapRunRedriven(arn: String, count: Int)
    /// ExecutionRedriven.
    case redriven(count: Int)
    /// EvaluationFailed.
    case evaluation(StateError, location: String?, state: String)
}

/// What ExecutionStarted records.
public struct ExecutionStart: Sendable, Hashable {
    /// The input as the caller sent it.
    public var input: JSONText
    /// The role.
    public var roleARN: String
    /// The version that was started, if the caller named one.
    public var versionARN: String?
    /// The alias that was started, if the caller named one.
    public var aliasARN: String?

    /// The start of an execution.
    public init(input: JSONText, roleARN: String, versionARN: String? = nil, aliasARN: String? = nil) {
        self.input = input
        self.roleARN = roleARN
        self.versionARN = versionARN
        self.aliasARN = aliasARN
    }
}

/// What the exit of a state records.
public struct StateExit: Sendable, Hashable {
    /// The state's name.
    public var name: String
    /// The state's output.
    public var output: JSONText
    /// The variables that the state assigned, in order of their names.
    public var assigned: [AssignedVariable]

    /// A variable with its new value.
    public struct AssignedVariable: Sendable, Hashable {
        /// The name without `$`.
        public var name: String
        /// The value.
        public var value: JSONText
    }
}

/// The service and its action that a task calls, as history events name them: `lambda`, `invoke`.
public struct ServiceAction: Sendable, Hashable {
    /// The service: `lambda`, `aws-sdk:s3`.
    public var service: String
    /// The action with its pattern: `sendMessage.waitForTaskToken`.
    public var action: String

    /// A service and its action.
    public init(service: String, action: String) {
        self.service = service
        self.action = action
    }
}

/// What TaskScheduled records.
public struct TaskSchedule: Sendable, Hashable {
    /// The service and its action.
    public var action: ServiceAction
    /// The region of the execution.
    public var region: String
    /// The parameters of the call.
    public var parameters: JSONText
    /// The time limits and the role.
    public var limits: TaskLimits
}

/// What LambdaFunctionScheduled and ActivityScheduled record.
public struct FunctionSchedule: Sendable, Hashable {
    /// The ARN of the function or of the activity.
    public var resource: String
    /// The input.
    public var input: JSONText
    /// The time limits and the role.
    public var limits: TaskLimits
}

/// The time limits of a task, in seconds, and the role that it assumes.
public struct TaskLimits: Sendable, Hashable {
    /// Maximum time from the task's start to its end; nil for none.
    public var timeoutSeconds: Int?
    /// Maximum time between two heartbeats; nil for none.
    public var heartbeatSeconds: Int?
    /// The role; nil for the execution's own.
    public var roleARN: String?

    /// Time limits and a role.
    public init(timeoutSeconds: Int? = nil, heartbeatSeconds: Int? = nil, roleARN: String? = nil) {
        self.timeoutSeconds = timeoutSeconds
        self.heartbeatSeconds = heartbeatSeconds
        self.roleARN = roleARN
    }
}
