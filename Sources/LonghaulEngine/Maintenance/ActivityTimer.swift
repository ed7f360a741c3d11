import LonghaulCore
import Synchronization

/// Runs an empty transaction several times in each ``StoreLimits/outageSeconds``, so that the store can tell an idle
/// process from one that was stopped, and from one whose database did not answer.
final class ActivityTimer: BackgroundLoop {
    /// How many transactions there are in the shortest outage that counts.
    private static let callsPerOutage = 4.0

    private let store: any JobStore
    private let time: any TimeSource
    private let outageSeconds: Double?
    let background = BackgroundTask()
    private let latest = Mutex(OutageTotals())

    init(store: any JobStore, time: any TimeSource, outageSeconds: Double?) {
        self.store = store
        self.time = time
        self.outageSeconds = outageSeconds
    }

    /// The outages since the store was opened.
    var totals: OutageTotals { latest.withLock { $0 } }

    func run() async {
        guard let outageSeconds else { return }
        while !Task.isCancelled {
            // A store that does not answer records nothing, and so notices the outage.
            if let totals = try? await store.recordActivity() { latest.withLock { $0 = totals } }
            try? await time.sleep(until: time.now().adding(seconds: outageSeconds / Self.callsPerOutage))
        }
    }
}
