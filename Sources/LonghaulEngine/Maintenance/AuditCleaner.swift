import LonghaulCore

/// Removes audit records after their retention.
final class AuditCleaner: BackgroundLoop {
    /// The maximum time between two rounds, in seconds.
    private static let maxIntervalSeconds = 3600.0
    /// The maximum number of records that one transaction removes.
    private static let limit = 100

    private let store: any JobStore
    private let time: any TimeSource
    private let retentionSeconds: Double
    let background = BackgroundTask()

    init(store: any JobStore, time: any TimeSource, retentionSeconds: Double) {
        self.store = store
        self.time = time
        self.retentionSeconds = retentionSeconds
    }

    func run() async {
        while !Task.isCancelled {
            let interval = min(Self.maxIntervalSeconds, max(1, retentionSeconds / 4))
            guard (try? await time.sleep(seconds: interval)) != nil else { return }
            // If the store does not answer, the next round tries again.
            try? await removeOld()
        }
    }

    private func removeOld() async throws {
        while try await store.removeAuditRecords(olderThanSeconds: retentionSeconds, limit: Self.limit) {}
    }
}
