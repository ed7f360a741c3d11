import LonghaulCore
import LonghaulFlaws
import LonghaulStore

/// A transaction that records the effects of one call.
final class RecordingTransaction: JournalRecorder {
    let inner: any StoreTransaction
    private(set) var changes: [JobChange] = []
    private(set) var effects = UnpublishedEffects()
    private let maxWebhooksPerJob: Int

    init(_ inner: any StoreTransaction, maxWebhooksPerJob: Int) {
        self.inner = inner
        self.maxWebhooksPerJob = maxWebhooksPerJob
    }

    func record(_ effect: JournalEffect) { effects.journals.append(effect) }

    func publish(_ change: JobChange) {
        changes.append(change)
        inner.publish(change)
    }

    func update(_ queue: QueueState, _ name: String) throws {
        try inner.update(queue, name)
        effects.settings.append((name, queue.settings))
    }

    func delete(_ row: JobRow) throws {
        try inner.delete(row)
        effects.removed.append(row.job.id)
    }

    func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) throws {
        let kept = min(count, maxWebhooksPerJob)
        try inner.insert(delivery, of: row, keeping: kept)
        effects.webhooks.append(StoredWebhook(delivery: delivery, kept: kept))
    }

    func update(_ delivery: WebhookDelivery) throws {
        try inner.update(delivery)
        effects.webhooks.append(StoredWebhook(delivery: delivery))
    }

    func sortPartitions(limit: Int) throws -> Bool {
        let hasMore = try inner.sortPartitions(limit: limit)
        if !hasMore { effects.hasSortedPartitions = true }
        return hasMore
    }

    func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        let before = (changes, effects)
        do {
            return try inner.savepoint(body)
        } catch let error as LonghaulError {
            (changes, effects) = before
            throw error
        }
    }
}
