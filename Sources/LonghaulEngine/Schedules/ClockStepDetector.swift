import LonghaulCore

/// Detects that the store's clock was set back. It compares that clock with one that does not step.
struct ClockStepDetector {
    /// The smallest step that is detected, in seconds.
    private static let tolerance = 1.0

    private var latest: (store: Timestamp, steadySeconds: Double)?

    /// Whether the store's clock was set back since the last call. True at the first call, because the clock may have
    /// been set back before.
    ///
    /// - Parameters:
    ///   - now: the time of the store's clock.
    ///   - steadySeconds: the time of the clock that does not step.
    mutating func isSetBack(to now: Timestamp, steadySeconds: Double) -> Bool {
        defer { latest = (now, steadySeconds) }
        guard let latest else { return true }
        let elapsed = steadySeconds - latest.steadySeconds
        let step = now.seconds(since: latest.store) - max(0, elapsed)
        return step < -Self.tolerance
    }

    /// Makes the next call of ``isSetBack(to:steadySeconds:)`` return true.
    mutating func reset() {
        latest = nil
    }
}
