import LonghaulCore
import Synchronization

/// Removes unused queues from the store.
///
/// A queue is unused if it has no jobs in any state and default settings, and was not used for a time. A queue is kept if
/// a schedule, a rule of the routing table or a present worker names it.
final class QueueCleaner: BackgroundLoop {
    /// The maximum time between two rounds, in seconds.
    private static let maxIntervalSeconds = 60.0
    /// The number of schedules that are read at once.
    private static let pageSize = 500

    private let store: any JobStore
    private let time: any TimeSource
    private let retentionSeconds: Double
    let background = BackgroundTask()
    private let removalHandler = Mutex<(@Sendable ([String]) -> Void)?>(nil)

    init(store: any JobStore, time: any TimeSource, retentionSeconds: Double) {
        self.store = store
        self.time = time
        self.retentionSeconds = retentionSeconds
    }

    /// Sets the handler that receives the removed queues after every round.
    func onRemoval(_ handler: @escaping @Sendable ([String]) -> Void) {
        removalHandler.withLock { $0 = handler }
    }

    func run() async {
        while !Task.isCancelled {
            let interval = min(Self.maxIntervalSeconds, max(1, retentionSeconds / 4))
            guard (try? await time.sleep(seconds: interval)) != nil else { return }
            // If the store does not answer, the next round tries again.
            if let names = try? await round() { removalHandler.withLock { $0 }?(names) }
        }
    }

    private func round() async throws -> [String] {
        let now = time.now()
        var kept = Set(try await store.routing().rules.map(\.queue))
        for worker in try await store.workers() where worker.health(at: now) != .gone {
            kept.formUnion(worker.queues)
        }
        var last: String?
        while true {
            let page = try await store.schedules(after: last, limit: Self.pageSize)
            kept.formUnion(page.schedules.map(\.spec.job.spec.queue))
            last = page.schedules.last?.name
            if !page.hasMore || last == nil { break }
        }
        return try await store.deleteQueues(
            unusedSince: now.adding(seconds: -retentionSeconds), except: kept)
    }
}
