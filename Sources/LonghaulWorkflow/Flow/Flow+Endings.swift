public import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// Compensations, and the end of a run.
extension Flow {
    /// Registers work that undoes what the job has done so far. If the job fails or is cancelled, the registered
    /// compensations run as steps, the last one first.
    ///
    /// Register it after the step that it undoes. If that step may have an effect although it fails, register it
    /// before, and let the compensation find out whether there is something to undo.
    ///
    /// - Parameters:
    ///   - retry: when a failed attempt is repeated. If no attempt is left, the other compensations run, and the job fails with the
    ///     error type `compensation_failed`.
    public func compensate(
        _ name: String, retry: StepRetry = .standard, timeout: Duration? = nil,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await run.checkIn()
        try run.register(
            name,
            FlowRun.Work(retry: retry, timeout: timeout) { _ in
                try await work()
                return .null
            })
    }

    /// Ends this run and begins the job again with another payload and an empty journal. For processes that never
    /// end, or that would have more operations than a journal can hold.
    ///
    /// The compensations of this run are dropped. Signals that no operation has consumed are kept.
    public func continueAsNew(_ payload: some Encodable) async throws -> Never {
        try await run.checkIn()
        run.end(.continued(try JSONText(encoding: payload)))
        throw Unwinding()
    }

    /// Reports the progress of the job. The server sees only the latest, so a replay repeats it without effect.
    ///
    /// - Parameter percent: 0 to 100.
    public func progress(_ percent: Double, _ message: String? = nil) {
        run.environment.progress(percent, message)
    }

    /// Adds a line to the log of the job. Does nothing at a replay.
    public func log(_ message: String, level: LogLine.Level = .info) {
        if !isReplaying { run.environment.log(message, level) }
    }
}
