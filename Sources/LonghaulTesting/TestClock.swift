import LonghaulCore
import Synchronization

/// The clock of a test: it stands still until the test skips to the next time at which something is due. Pauses take
/// real time.
final class TestClock: TimeSource {
    private let moment: Mutex<Timestamp>
    private let system = SystemTime()

    init(_ now: Timestamp) {
        moment = Mutex(now)
    }

    func now() -> Timestamp { moment.withLock { $0 } }

    func steadySeconds() -> Double { Double(now().milliseconds) / 1000 }

    /// Moves the clock forward.
    func skip(to later: Timestamp) {
        moment.withLock { $0 = max($0, later) }
    }

    func sleep(until later: Timestamp) async throws {
        try await sleep(seconds: later.seconds(since: now()))
    }

    func sleep(seconds: Double) async throws {
        try await system.sleep(seconds: seconds)
    }
}
