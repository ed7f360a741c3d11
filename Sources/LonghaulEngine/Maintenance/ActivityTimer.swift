import LonghaulCore
import Synchronization

/// Runs an empty transaction several times in each ``StoreLimits/outageSeconds``, so that the store can tell an idle
/// process from one that was stopped, and from one whose database did not answer.
final class ActivityTimer: BackgroundLoop {
    /// The number of transactions in the shortest silence that counts as an outage.
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
            // A store that does not answer records no activity. Later, the gap counts as an outage.
            if let totals = try? await store.recordActivity() { latest.withLock { $0 = totals } }
            try? await time.sleep(seconds: outageSeconds / Self.callsPerOutage)
        }
    }
}
