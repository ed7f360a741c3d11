import LonghaulStates

/// What events of one execution count as in the metrics.
struct EventCounts: Sendable, Hashable {
    /// Starts of the execution.
    private(set) var starts = 0
    /// Redrives of the execution.
    private(set) var redrives = 0
    /// States that were entered.
    private(set) var transitions = 0
    /// The ends of the execution.
    private(set) var ends: [End] = []

    /// An end of the execution.
    struct End: Sendable, Hashable {
        let status: ExecutionStatus
        /// The time, in milliseconds since 1970.
        let time: Int64
    }

    var isEmpty: Bool { starts == 0 && redrives == 0 && transitions == 0 && ends.isEmpty }

    /// The counts of these events.
    init(_ events: [HistoryEvent] = []) {
        add(events)
    }

    mutating func add(_ events: [HistoryEvent]) {
        for event in events {
            switch event.type {
            case .executionStarted: starts += 1
            case .executionRedriven: redrives += 1
            case .executionSucceeded: ends.append(End(status: .succeeded, time: event.time))
            case .executionFailed: ends.append(End(status: .failed, time: event.time))
            case .executionTimedOut: ends.append(End(status: .timedOut, time: event.time))
            case .executionAborted: ends.append(End(status: .aborted, time: event.time))
            default: if event.type.isTransition { transitions += 1 }
            }
        }
    }
}
