import FoundationEssentials
import LonghaulPlatform

/// A clock: the system's, or a simulated one.
///
/// The engine and its drivers read time only through this protocol. So a test can stop time, and a simulation can run
/// weeks in a second.
public protocol TimeSource: Sendable {
    /// The current time.
    func now() -> Timestamp
    /// Seconds of a clock that is never set, unlike the system's clock. Only differences are meaningful. It continues
    /// while the process is stopped or the machine sleeps.
    func steadySeconds() -> Double
    /// Waits until `moment`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func sleep(until moment: Timestamp) async throws
    /// Waits for a duration. Setting the clock does not change it.
    ///
    /// - Throws: `CancellationError` if the task is cancelled first.
    func sleep(seconds: Double) async throws
}

extension TimeSource {
    /// The default for a clock that is never set.
    public func steadySeconds() -> Double {
        Double(now().milliseconds) / 1000
    }

    /// The default for a clock that is never set.
    public func sleep(seconds: Double) async throws {
        try await sleep(until: now().adding(seconds: seconds))
    }
}

/// The system's real-time clock.
public struct SystemTime: TimeSource {
    /// The system's clock.
    public init() {}

    /// The current time of the system's clock.
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

    /// Waits until the system's clock reaches `moment`.
    public func sleep(until moment: Timestamp) async throws {
        let wait = moment.milliseconds - now().milliseconds
        guard wait > 0 else { return try Task.checkCancellation() }
        try await Task.sleep(for: .milliseconds(wait))
    }

    /// Waits on a clock that is never set.
    public func sleep(seconds: Double) async throws {
        try await Task.sleep(for: .seconds(seconds))
    }
}
