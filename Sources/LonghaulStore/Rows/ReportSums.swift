import LonghaulCore

/// The reports to an execution, as its row counts them.
package struct ReportSums: Sendable, Hashable {
    /// The number of the last report. A number is never used again.
    package var last: Int64 = 0
    /// The number of reports that no runner has handled.
    package var count = 0
    /// The size of their records, in bytes.
    package var bytes: Int64 = 0

    package init() {}
}

extension JobRow {
    /// Whether the job is an execution of a state machine.
    package var isExecution: Bool { job.spec.kind == JobSpec.executionKind }
}
