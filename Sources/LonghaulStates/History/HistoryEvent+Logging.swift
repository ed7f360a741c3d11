public import LonghaulJSON

/// How much the log of a state machine has: the level of its `loggingConfiguration`.
public enum EventLogLevel: String, Sendable, Hashable, CaseIterable {
    /// All events.
    case all = "ALL"
    /// Errors of tasks, states and executions.
    case error = "ERROR"
    /// The ends of executions without success.
    case fatal = "FATAL"
    /// Nothing.
    case off = "OFF"
}

extension EventLogLevel {
    /// Whether a log of this level has events of a type.
    public func includes(_ type: HistoryEventType) -> Bool {
        switch self {
        case .all: true
        case .error: type.isError || type.isFatal
        case .fatal: type.isFatal
        case .off: false
        }
    }
}

extension HistoryEventType {
    /// Whether an execution ends with the event, and not with success.
    public var isFatal: Bool {
        switch self {
        case .executionAborted, .executionFailed, .executionTimedOut: true
        default: false
        }
    }

    /// Whether the event is an error that the execution may survive.
    public var isError: Bool {
        switch self {
        case .activityFailed, .activityScheduleFailed, .activityTimedOut, .evaluationFailed,
            .failStateEntered,
            .lambdaFunctionFailed, .lambdaFunctionScheduleFailed, .lambdaFunctionStartFailed,
            .lambdaFunctionTimedOut, .mapIterationAborted, .mapIterationFailed, .mapRunAborted, .mapRunFailed,
            .mapStateAborted, .mapStateFailed, .parallelStateAborted, .parallelStateFailed, .taskFailed,
            .taskStartFailed, .taskStateAborted, .taskSubmitFailed, .taskTimedOut, .waitStateAborted:
            true
        default: false
        }
    }
}

extension HistoryEvent {
    /// Maximum size of an input or an output in a log, in bytes. AWS cuts longer ones, too.
    public static let maxLoggedBytes = 248 << 10

    /// Appends the event in the form in which AWS logs it. Numbers are strings there.
    ///
    /// - Parameters:
    ///   - redriveCount: how often the execution was redriven before the event.
    ///   - includingData: whether inputs, outputs, variables and parameters are written.
    public func writeLog(
        to writer: inout JSONWriter, executionARN: String, redriveCount: Int, includingData: Bool
    ) {
        let data = EventData(
            includesData: includingData, includesParameters: includingData,
            maxBytes: HistoryEvent.maxLoggedBytes)
        writer.object { writer in
            writer.field("id", "\(id)")
            writer.field("type", type.rawValue)
            writer.object("details") { writer in details?.write(to: &writer, data) }
            writer.field("previous_event_id", "\(previousID)")
            writer.field("event_timestamp", "\(time)")
            writer.field("execution_arn", executionARN)
            writer.field("redrive_count", "\(redriveCount)")
        }
    }
}
