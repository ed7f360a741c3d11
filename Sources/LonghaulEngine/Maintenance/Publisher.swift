import LonghaulCore
import Synchronization

/// Offers jobs that became pending to the queue, in order, and again until the queue has taken them. Those of
/// other servers are theirs to publish: the queue only takes note of them.
final class Publisher: Sendable {
    private struct News {
        var entries: [QueueEntry]
        var isElsewhere: Bool
    }

    private let queue: any JobQueue
    private let time: any TimeSource
    private let background = Background()
    /// How many commits may wait to be told of. What comes beyond, while the queue is away for long, is sent when
    /// the queue is next compared with the store.
    private static let capacity = 65_536
    private let (stream, input) = AsyncStream<News>.makeStream(
        bufferingPolicy: .bufferingOldest(capacity))

    init(queue: any JobQueue, time: any TimeSource) {
        self.queue = queue
        self.time = time
    }

    func start() {
        background.start { [self] in
            for await news in stream {
                if news.isElsewhere { queue.noticed(news.entries) } else { await publish(news.entries) }
                lookForLabels(news.entries)
            }
        }
    }

    func stop() async {
        await background.stop()
    }

    func offer(_ changes: [JobChange]) {
        let due = changes.filter { $0.state == .pending && $0.previous != .pending }
        guard !due.isEmpty else { return }
        let entries = due.map {
            QueueEntry(id: $0.jobID, queue: $0.queue, kind: $0.kind, priority: $0.priority, labels: $0.labels)
        }
        input.yield(News(entries: entries, isElsewhere: due[0].isElsewhere))
    }

    /// A queue that carries identifiers hands them out whatever a job needs of its worker: one that has it is
    /// better off with a look into the store.
    private func lookForLabels(_ entries: [QueueEntry]) {
        guard queue.carriesIdentifiers else { return }
        for entry in entries where !entry.labels.isEmpty {
            queue.lookAgain(
                QueueInterest(queues: [entry.queue], kinds: [entry.kind], labels: entry.labels))
        }
    }

    private func publish(_ entries: [QueueEntry]) async {
        var pause = 0.05
        while !Task.isCancelled {
            do {
                return try await queue.publish(entries)
            } catch {
                // The store holds the truth: nothing is lost while the queue is away, it only waits.
                try? await time.sleep(until: time.now().adding(seconds: pause))
                pause = min(pause * 2, 5)
            }
        }
    }
}
