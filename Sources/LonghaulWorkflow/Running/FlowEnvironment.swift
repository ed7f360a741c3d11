package import LonghaulCore
package import LonghaulJSON

/// What a run of a durable job uses besides the calls of its journal.
package struct FlowEnvironment: Sendable {
    /// The clock of ``Flow/now()``, of timeouts and of pauses between calls.
    package var time: any TimeSource = SystemTime()
    /// The source of ``Flow/random(in:)`` and ``Flow/uuid()``.
    package var random: any RandomSource = SystemRandom()
    /// Reports progress.
    package var progress: @Sendable (_ percent: Double, _ message: String?) -> Void = { _, _ in }
    /// Adds a line to the log.
    package var log: @Sendable (_ message: String, _ level: LogLine.Level) -> Void = { _, _ in }
    /// Sends what was reported, before the lease ends.
    package var flush: @Sendable () async -> Void = {}
    /// Work that replaces that of the steps of a name; nil for the step's own.
    package var substitute: @Sendable (_ name: String) -> StepBody? = { _ in nil }

    /// The work of a step.
    package typealias StepBody = @Sendable (StepContext) async throws -> JSONText

    /// The system's clock and randomness, and no reports.
    package init() {}
}
