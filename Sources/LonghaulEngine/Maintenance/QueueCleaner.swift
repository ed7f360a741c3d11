import LonghaulCore
import Synchronization

/// Removes queues that are no longer used, and what this process remembers of them.
///
/// A queue goes when it has no jobs in any state, its settings are the defaults, and it was not used for a while. A queue
/// stays if a schedule or a rule of the routing table names it, or a worker that is not gone asks for its jobs.
final class QueueCleaner: BackgroundLoop {
    /// The longest time between two rounds, in seconds.
    private static let maxIntervalSeconds = 60.0
    /// How many schedules are read at once.
    private static let page = 500

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
            guard (try? await time.sleep(until: time.now().adding(seconds: interval))) != nil else { return }
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
            let page = try await store.schedules(after: last, limit: Self.page)
            kept.formUnion(page.schedules.map(\.spec.job.spec.queue))
            last = page.schedules.last?.name
            if !page.hasMore || last == nil { break }
        }
        return try await store.deleteQueues(
            unusedSince: now.adding(seconds: -retentionSeconds), except: kept)
    }
}
