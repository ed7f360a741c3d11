import LonghaulCore

/// Compares a queue that carries identifiers with the store from time to time, and sends again what it has lost:
/// with a server that died between commit and publication, or with its own memory.
///
/// Which identifiers are missing cannot be asked of a broker, only how many it holds. When that is less than what
/// is pending, twice in a row, every job of the queue that has been due for a while is sent again; one that is
/// delivered twice does nothing the second time.
final class Resender: Sendable {
    private static let page = 1000

    private let store: any JobStore
    private let queue: any JobQueue
    private let time: any TimeSource
    private let intervalSeconds: Double
    private let background = Background()

    init(store: any JobStore, queue: any JobQueue, time: any TimeSource, intervalSeconds: Double) {
        self.store = store
        self.queue = queue
        self.time = time
        self.intervalSeconds = intervalSeconds
    }

    func start() {
        guard queue.carriesIdentifiers else { return }
        background.start { [self] in
            var short: Set<String> = []
            while !Task.isCancelled {
                // Store or queue away: the next round looks again.
                short = (try? await round(short)) ?? short
                try? await time.sleep(until: time.now().adding(seconds: intervalSeconds))
            }
        }
    }

    func stop() async {
        await background.stop()
    }

    /// One comparison. Answers the queues that are short of identifiers, to be looked at again.
    private func round(_ before: Set<String>) async throws -> Set<String> {
        var short: Set<String> = []
        for record in try await store.queues() where record.depth > 0 && !record.settings.paused {
            guard let held = try await queue.held(of: record.name), held < record.depth else { continue }
            if before.contains(record.name) {
                try await resend(record.name)
            } else {
                short.insert(record.name)
            }
        }
        return short
    }

    private func resend(_ name: String) async throws {
        let moment = time.now().adding(seconds: -intervalSeconds)
        var last: JobID?
        while !Task.isCancelled {
            let entries = try await store.pendingEntries(
                of: name, dueBefore: moment, after: last, limit: Self.page)
            if !entries.isEmpty { try await queue.publish(entries) }
            guard entries.count == Self.page else { return }
            last = entries.last?.id
        }
    }
}
