import LonghaulCore

/// The clock of a worker's deadlines and pauses. It is never set, and follows a ``TimeSource``, so that a simulation can run
/// a worker.
struct SteadyClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private let time: any TimeSource
    /// The same moment on both clocks. Only the differences of instants matter.
    private let origin: (instant: Instant, seconds: Double)

    init(_ time: any TimeSource = SystemTime()) {
        self.time = time
        origin = (.now, time.steadySeconds())
    }

    var now: Instant { origin.instant + .seconds(time.steadySeconds() - origin.seconds) }

    /// The resolution of a ``Timestamp``.
    let minimumResolution = Duration.milliseconds(1)

    func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        while true {
            let seconds = (deadline - now) / .seconds(1)
            guard seconds > 0 else { return try Task.checkCancellation() }
            // At least one millisecond: a shorter sleep would return at once.
            try await time.sleep(seconds: max(seconds, 0.001))
        }
    }
}
