public import LonghaulJSON

/// What a runner stores after a step of an execution whose job it holds, in one commit.
public struct ExecutionAdvance: Sendable, Hashable {
    /// What happens to the job.
    public enum End: Sendable, Hashable {
        /// The runner keeps the lease.
        case proceed
        /// The job is suspended until a report arrives or a time has come. If there are reports that the runner has not
        /// handled, or the time has come, the runner keeps the lease.
        case wait(until: Timestamp?, for: [OperationWait])
        /// The job completes with this result.
        case complete(JSONText)
        /// The job fails, and is not retried.
        case fail(JobError)
        /// The job is cancelled.
        case cancel(JobError)
    }

    /// Changed parts of the snapshot by their names; nil for those that are gone.
    public var parts: [String: JSONText?] = [:]
    /// Whether all other parts are removed.
    public var removesOtherParts = false
    /// The events that are added to the history, in their order.
    public var events: [JSONText] = []
    /// The number of the first of these events.
    public var firstEvent = 1
    /// Lines for the log of the job. They belong to ``events``: if these are stored already, the lines are left out.
    public var logLines: [LogLine] = []
    /// The reports that the runner has handled, by the names of their records. They are removed.
    public var handledReports: [String] = []
    /// Tasks on which callers may report from now on, with what the store keeps of them; nil for tasks that are over.
    public var tasks: [String: JSONText?] = [:]
    /// Child jobs. ``Submission/parentOperation`` names the task under which the end of the child is reported. A child that
    /// this execution has already is left out, so that a step can be stored again.
    public var children: [Submission] = []
    /// Child jobs to cancel, with their descendants. Their end is not reported. A child that is an execution is stopped
    /// instead, and its end is reported.
    public var cancelledChildren: [JobID] = []
    /// Records of no job that are written without a condition, and removed with the job.
    public var links: [RecordKey: JSONText] = [:]
    /// What happens to the job.
    public var end: End

    /// A step after which this happens to the job.
    public init(_ end: End) {
        self.end = end
    }

    /// The name under which the record of an event is stored.
    public static func eventName(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }
}

/// The outcome of an ``ExecutionAdvance``.
public enum AdvanceOutcome: Sendable, Hashable {
    /// The runner still holds the job.
    case held
    /// The job is suspended or has ended, and the lease has ended.
    case released(Job)
}

/// What a runner reads of an execution whose job it holds.
public struct ExecutionState: Sendable {
    /// The parts of the snapshot by their names; empty if the runner has not asked for them.
    public var parts: [String: JSONText] = [:]
    /// The reports that no runner has handled, in the order in which they arrived.
    public var reports: [KeyedRecord] = []

    /// A state.
    public init() {}
}
