package import LonghaulCore

/// The reports to an execution, as its row counts them.
package struct ReportSums: Sendable, Hashable {
    /// The number of the last report. A number is never used again.
    package var last: Int64 = 0
    /// The number of reports that no runner has handled.
    package var count = 0
    /// The size of their records, in bytes.
    package var bytes: Int64 = 0

    package init() {}

    private static let maxLeased = 100
    private static let maxLeasedBytes: Int64 = 1 << 20

    /// Whether a lease has the reports. The runner reads them itself if there are more.
    package var fitLease: Bool { count <= Self.maxLeased && bytes <= Self.maxLeasedBytes }
}

extension JobRow {
    /// Whether the job is an execution of a state machine.
    package var isExecution: Bool { job.spec.kind == JobSpec.executionKind }

    /// The reports to the execution that no runner has handled.
    package var unhandledReports: RecordRange {
        var range = RecordRange(.report, of: job.id, limit: reports.count)
        range.maxBytes = .max
        return range
    }
}
