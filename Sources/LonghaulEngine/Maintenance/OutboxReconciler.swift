import LonghaulCore

/// Compares the number of identifiers in a broker with the number of pending jobs at intervals, and publishes lost
/// identifiers again. They are lost when a server dies between commit and publication, or when the broker loses data.
///
/// A broker reports how many identifiers it holds, but not which. When it holds fewer than the queue has pending jobs in
/// two rounds in a row, all jobs that have been due for a while are published again. A second delivery does nothing.
final class OutboxReconciler: BackgroundLoop {
    private static let pageSize = 1000

    private let store: any JobStore
    private let queue: any JobQueue
    private let time: any TimeSource
    private let intervalSeconds: Double
    let background = BackgroundTask()

    init(store: any JobStore, queue: any JobQueue, time: any TimeSource, intervalSeconds: Double) {
        self.store = store
        self.queue = queue
        self.time = time
        self.intervalSeconds = intervalSeconds
    }

    func run() async {
        guard queue.carriesIdentifiers else { return }
        var short: Set<String> = []
        while !Task.isCancelled {
            // If the store or the queue does not answer, the next round compares again.
            short = (try? await round(short)) ?? short
            try? await time.sleep(seconds: intervalSeconds)
        }
    }

    /// Compares all queues once.
    ///
    /// - Parameter before: the queues that lacked identifiers in the last round.
    /// - Returns: the queues that lack identifiers for the first time.
    private func round(_ before: Set<String>) async throws -> Set<String> {
        var short: Set<String> = []
        for record in try await store.queues() where record.depth > 0 && !record.settings.paused {
            guard let held = try await queue.held(of: record.name), held < record.depth else { continue }
            if before.contains(record.name) {
                try await publishAgain(record.name)
            } else {
                short.insert(record.name)
            }
        }
        return short
    }

    /// Publishes the jobs of a queue that have been due for at least one interval.
    private func publishAgain(_ name: String) async throws {
        let moment = time.now().adding(seconds: -intervalSeconds)
        var last: JobID?
        while !Task.isCancelled {
            let entries = try await store.pendingEntries(
                of: name, dueBefore: moment, after: last, limit: Self.pageSize)
            if !entries.isEmpty { try await queue.publish(entries) }
            guard entries.count == Self.pageSize else { return }
            last = entries.last?.id
        }
    }
}
