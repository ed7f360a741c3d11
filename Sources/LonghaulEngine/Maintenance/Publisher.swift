import LonghaulCore
import Synchronization

/// Publishes the identifiers of jobs that became pending to the queue, in order, and retries until the queue accepts
/// them. Another server publishes the jobs of its own commits.
final class Publisher: ChangeObserver {
    private struct Message {
        var entries: [QueueEntry]
        var origin: ChangeBatch.Origin
    }

    private let queue: any JobQueue
    private let time: any TimeSource
    private let background = Background()
    /// The maximum number of commits that wait for the queue. The jobs of later commits are published when the queue is
    /// next compared with the store.
    private static let capacity = 65_536
    private let (stream, input) = AsyncStream<Message>.makeStream(
        bufferingPolicy: .bufferingOldest(capacity))

    init(queue: any JobQueue, time: any TimeSource) {
        self.queue = queue
        self.time = time
    }

    func start() {
        background.start { [self] in
            for await message in stream {
                switch message.origin {
                case .local: await publish(message.entries)
                case .remote: queue.noticed(message.entries)
                }
                lookForLabels(message.entries)
            }
        }
    }

    func stop() async {
        await background.stop()
    }

    func observe(_ batch: ChangeBatch) {
        let due = batch.changes.filter { $0.state == .pending && $0.previous != .pending }
        guard !due.isEmpty else { return }
        let entries = due.map {
            QueueEntry(id: $0.jobID, queue: $0.queue, kind: $0.kind, priority: $0.priority, labels: $0.labels)
        }
        input.yield(Message(entries: entries, origin: batch.origin))
    }

    /// Wakes workers with the labels that a job needs. A queue that carries identifiers delivers them without regard to
    /// labels, so these workers find the job in the store.
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
                // The jobs are in the store. They wait until the queue is back.
                try? await time.sleep(until: time.now().adding(seconds: pause))
                pause = min(pause * 2, 5)
            }
        }
    }
}
