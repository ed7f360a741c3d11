import LonghaulCore

/// What the code reports besides its operations.
package struct FlowReports: Sendable {
    /// Reports progress.
    var progress: @Sendable (_ percent: Double, _ message: String?) -> Void = { _, _ in }
    /// Adds a line to the log.
    var log: @Sendable (_ message: String, _ level: LogLine.Level) -> Void = { _, _ in }
    /// Sends what was reported, before the lease ends.
    var flush: @Sendable () async -> Void = {}

    /// Reports that are dropped.
    package init() {}
}
