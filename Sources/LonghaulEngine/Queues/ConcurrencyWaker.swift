import LonghaulCore

/// Wakes workers when a job of a queue with `max_concurrency` ends, because another job of that queue may then start.
final class ConcurrencyWaker: ChangeObserver {
    private let book: QueueBook
    private let queue: any JobQueue

    init(book: QueueBook, queue: any JobQueue) {
        self.book = book
        self.queue = queue
    }

    func observe(_ batch: ChangeBatch) {
        let names = book.queuesWithRoom(after: batch.changes)
        if !names.isEmpty { queue.wake(QueueInterest(queues: names.sorted(), kinds: [])) }
    }
}
