import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Publishes the identifiers of jobs that became pending to the queue, in order, and retries until the queue accepts
/// them. Another server publishes the jobs of its own commits.
final class OutboxPublisher: BackgroundLoop, ChangeObserver {
    private struct Message {
        var entries: [QueueEntry]
        var origin: ChangeBatch.Origin
    }

    private let queue: any JobQueue
    private let time: any TimeSource
    let background = BackgroundTask()
    /// The maximum number of commits that wait for the queue. The jobs of later commits are published when the queue is
    /// next compared with the store.
    private static let capacity = 65_536
    private let inbox = Inbox<Message>(capacity: capacity)
    /// Commits that wait for a slow queue are published together until they have this number of jobs.
    private static let maxEntries = 1000

    init(queue: any JobQueue, time: any TimeSource) {
        self.queue = queue
        self.time = time
    }

    func run() async {
        while let first = await inbox.next() {
            var messages = [first]
            var count = first.entries.count
            while count < Self.maxEntries, let next = inbox.removeFirst() {
                messages.append(next)
                count += next.entries.count
            }
            let entries = { (origin: ChangeBatch.Origin) in
                messages.filter { $0.origin == origin }.flatMap(\.entries)
            }
            let (local, remote) = (entries(.local), entries(.remote))
            if !local.isEmpty { await publish(local) }
            if !remote.isEmpty { queue.observeRemote(remote) }
            wakeForLabels(local + remote)
        }
    }

    func observe(_ batch: ChangeBatch) {
        // A pending job with a new priority is published again: the queue may deliver by priority.
        let due = batch.changes.filter { $0.state == .pending && ($0.previous != .pending || $0.isRequeued) }
        guard !due.isEmpty else { return }
        let entries = due.map {
            QueueEntry(id: $0.jobID, queue: $0.queue, kind: $0.kind, priority: $0.priority, labels: $0.labels)
        }
        inbox.put(Message(entries: entries, origin: batch.origin))
    }

    /// Wakes workers with the labels that a job needs. A queue that carries identifiers delivers them without regard to
    /// labels, so these workers find the job in the store.
    private func wakeForLabels(_ entries: [QueueEntry]) {
        guard queue.carriesIdentifiers else { return }
        for entry in entries where !entry.labels.isEmpty {
            queue.wake(
                QueueInterest(queues: [entry.queue], kinds: [entry.kind], labels: entry.labels))
        }
    }

    private func publish(_ entries: [QueueEntry]) async {
        var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 5, jitter: 0)
        while !Task.isCancelled {
            do {
                return try await queue.publish(entries)
            } catch {
                // The jobs are in the store. They wait until the queue is back.
                try? await time.sleep(seconds: backoff.next())
            }
        }
    }
}
