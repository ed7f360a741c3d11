/// The name and the cause of a failure, as Retry, Catch and the history see them.
public struct StateError: Sendable, Hashable {
    /// The name, such as `States.Timeout`; nil if a Fail state or a caller gave none.
    public var name: String?
    /// The cause; nil if there is none.
    public var cause: String?

    /// Maximum length of a name, in characters.
    static let maxNameLength = 256
    /// Maximum length of a cause, in characters.
    static let maxCauseLength = 32_768

    /// An error. Names and causes that are too long are cut.
    public init(name: String?, cause: String?) {
        self.name = name.map { StateError.cut($0, to: StateError.maxNameLength) }
        self.cause = cause.map { StateError.cut($0, to: StateError.maxCauseLength) }
    }

    private static func cut(_ text: String, to length: Int) -> String {
        text.utf8.count <= length ? text : String(text.prefix(length))
    }
}

extension StateError {
    /// The error of a task, a state or an execution that took too long.
    public static let timeout = StateError(name: ErrorName.timeout, cause: nil)

    /// The error of an execution whose inputs, variables and results are larger than the limit.
    public static let stateTooLarge = StateError(
        name: ErrorName.dataLimitExceeded,
        cause: "The state of the execution exceeds the maximum number of bytes service limit.")

    /// The error of a result that is larger than the limit.
    public static func tooLarge(_ origin: String) -> StateError {
        StateError(
            name: ErrorName.dataLimitExceeded,
            cause: "The state/task '\(origin)' returned a result with a size exceeding the maximum number of "
                + "bytes service limit.")
    }
}

/// The error names that the language defines.
public enum ErrorName {
    /// Every error but the terminal ones.
    public static let all = "States.ALL"
    /// The branch failed.
    public static let branchFailed = "States.BranchFailed"
    /// A result is larger than the limit.
    public static let dataLimitExceeded = "States.DataLimitExceeded"
    /// More items of a map failed than it tolerates.
    public static let toleranceExceeded = "States.ExceedToleratedFailureThreshold"
    /// A heartbeat was late.
    public static let heartbeatTimeout = "States.HeartbeatTimeout"
    /// An item reader failed.
    public static let itemReaderFailed = "States.ItemReaderFailed"
    /// No rule of a Choice state matched.
    public static let noChoiceMatched = "States.NoChoiceMatched"
    /// A JSONata expression failed.
    public static let queryEvaluation = "States.QueryEvaluationError"
    /// A result writer failed.
    public static let resultWriterFailed = "States.ResultWriterFailed"
    /// An error that the language itself caused.
    public static let runtime = "States.Runtime"
    /// Every error of a task but a timeout.
    public static let taskFailed = "States.TaskFailed"
    /// A task, a state or an execution took too long.
    public static let timeout = "States.Timeout"
}
