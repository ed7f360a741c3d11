import FoundationEssentials
import Glibc

/// Where the time comes from: the system's clock, or a simulation's.
///
/// Nothing in the engine or its drivers reads a clock in any other way, so that a test can hold time still
/// and a simulation can run weeks in a second.
public protocol TimeSource: Sendable {
    /// The present moment.
    func now() -> Timestamp
    /// Seconds on a clock that never steps: setting the system's clock does not change it. Only differences mean
    /// anything. It goes on while the process is stopped or the machine sleeps.
    func steadySeconds() -> Double
    /// Returns when `moment` has come.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func sleep(until moment: Timestamp) async throws
}

extension TimeSource {
    /// A clock that never steps measures durations itself.
    public func steadySeconds() -> Double {
        Double(now().milliseconds) / 1000
    }
}

/// The system's real-time clock.
public struct SystemTime: TimeSource {
    /// The system's clock.
    public init() {}

    /// The system's present moment.
    public func now() -> Timestamp {
        var value = timespec()
        clock_gettime(CLOCK_REALTIME, &value)
        return Timestamp(milliseconds: Int64(value.tv_sec) * 1000 + Int64(value.tv_nsec) / 1_000_000)
    }

    /// Seconds since the machine started, sleep included.
    public func steadySeconds() -> Double {
        var value = timespec()
        clock_gettime(CLOCK_BOOTTIME, &value)
        return Double(value.tv_sec) + Double(value.tv_nsec) / 1_000_000_000
    }

    /// Sleeps until the system's clock says `moment`.
    public func sleep(until moment: Timestamp) async throws {
        let wait = moment.milliseconds - now().milliseconds
        guard wait > 0 else { return try Task.checkCancellation() }
        try await Task.sleep(for: .milliseconds(wait))
    }
}
