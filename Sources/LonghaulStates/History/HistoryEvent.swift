public import LonghaulJSON

/// One event of an execution's history, as GetExecutionHistory returns it.
public struct HistoryEvent: Sendable, Hashable {
    /// Increases by 1 from 1.
    public var id: Int
    /// The event that led to this one; 0 for the first event, and for the first state.
    ///
    /// Events of a branch or of an iteration follow one another, whatever other branches record between them.
    public var previousID: Int
    /// The time, in milliseconds since 1970.
    public var time: Int64
    /// The type.
    public var type: HistoryEventType
    /// The details; nil for types that have none.
    public var details: HistoryDetails?

    /// An event.
    public init(
        id: Int, previousID: Int, time: Int64, type: HistoryEventType, details: HistoryDetails? = nil
    ) {
        self.id = id
        self.previousID = previousID
        self.time = time
        self.type = type
        self.details = details
    }

    /// Whether the event ends the execution.
    public var endsExecution: Bool {
        switch type {
        case .executionSucceeded, .executionFailed, .executionAborted, .executionTimedOut: true
        default: false
        }
    }
}

extension HistoryEvent: JSONWritable {
    /// Appends the event as AWS's JSON.
    public func write(to writer: inout JSONWriter) {
        write(to: &writer, includingData: true)
    }

    /// Appends the event as AWS's JSON.
    ///
    /// - Parameter includingData: false to leave out inputs, outputs and variables.
    public func write(to writer: inout JSONWriter, includingData: Bool) {
        writer.object { writer in
            writer.field("timestamp", Double(time) / 1000)
            writer.field("type", type.rawValue)
            writer.field("id", id)
            writer.field("previousEventId", previousID)
            guard let details else { return }
            writer.object(type.detailsKey) { writer in
                details.write(to: &writer, includingData ? .complete : .history)
            }
        }
    }
}
