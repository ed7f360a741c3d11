import LonghaulCore

/// Detects that the store's clock was set back, by a clock that does not step.
struct StepBackDetector {
    /// How much must be missing on the store's clock, in seconds.
    private static let tolerance = 1.0

    private var latest: (store: Timestamp, steadySeconds: Double)?

    /// Takes both clocks. Returns true if the store's was set back since the last call, and at the first call:
    /// it may have been set back before.
    mutating func look(at now: Timestamp, steadySeconds: Double) -> Bool {
        defer { latest = (now, steadySeconds) }
        guard let latest else { return true }
        let elapsed = steadySeconds - latest.steadySeconds
        let step = now.seconds(since: latest.store) - max(0, elapsed)
        return step < -Self.tolerance
    }

    /// Makes the next call return true.
    mutating func forget() {
        latest = nil
    }
}
