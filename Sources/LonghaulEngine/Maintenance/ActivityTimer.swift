import LonghaulCore
import Synchronization

/// Runs an empty transaction several times in each ``StoreLimits/outageSeconds``, so that the store can tell an idle
/// process from one that was stopped, and from one whose database did not answer.
final class ActivityTimer: Sendable {
    /// How many transactions there are in the shortest outage that counts.
    private static let callsPerOutage = 4.0

    private let store: any JobStore
    private let time: any TimeSource
    private let outageSeconds: Double?
    private let background = Background()
    private let latest = Mutex(OutageTotals())

    init(store: any JobStore, time: any TimeSource, outageSeconds: Double?) {
        self.store = store
        self.time = time
        self.outageSeconds = outageSeconds
    }

    /// The outages since the store was opened.
    var totals: OutageTotals { latest.withLock { $0 } }

    func start() {
        guard let outageSeconds else { return }
        background.start { [self] in
            while !Task.isCancelled {
                // While the store is away there is nothing to record. The silence is what counts.
                if let totals = try? await store.recordActivity() { latest.withLock { $0 = totals } }
                try? await time.sleep(until: time.now().adding(seconds: outageSeconds / Self.callsPerOutage))
            }
        }
    }

    func stop() async {
        await background.stop()
    }
}
