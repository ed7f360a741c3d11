import LonghaulCore

/// Wakes workers when a job of a queue with `max_concurrency` ends, because another job of that queue may then start.
final class ConcurrencyWaker: ChangeObserver {
    private let settingsCache: QueueSettingsCache
    private let queue: any JobQueue

    init(settingsCache: QueueSettingsCache, queue: any JobQueue) {
        self.settingsCache = settingsCache
        self.queue = queue
    }

    func observe(_ batch: ChangeBatch) {
        let names = settingsCache.queuesWithRoom(after: batch.changes)
        if !names.isEmpty { queue.wake(QueueInterest(queues: names.sorted(), kinds: [])) }
    }
}
