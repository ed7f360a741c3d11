import LonghaulCore
import LonghaulStore

/// The contents of a database. A copy is a snapshot and shares its rows.
struct Tables: Sendable {
    /// A row. Transactions replace rows and never change them, so copies of the tables share them.
    final class Row: Sendable {
        let stored: StoredJob

        init(_ stored: StoredJob) {
            self.stored = stored
        }
    }

    /// The key of a group of dead letters.
    struct GroupKey: Sendable, Hashable {
        var fingerprint: String
        var queue: String
    }

    var rows: [JobID: Row] = [:]
    /// The groups of dead letters, without their examples.
    var groups: [GroupKey: DeadLetterGroup] = [:]
    var queues: [String: QueueState] = [:]
    var schedules: [String: ScheduleRecord] = [:]
    /// Submission keys by their digests.
    var keys: [[UInt8]: StoredKey] = [:]
    var workers: [String: WorkerRecord] = [:]
    var routing = RoutingTable()
    var apiKeys: [String: APIKey] = [:]
    var apiKeyVersion: Int64 = 1
    let sessionSecret = SealedBox.newKey()
    var turns = PartitionTurns()
    var deliveries: [JobID: WebhookDelivery] = [:]
    /// The audit log, oldest first.
    var audit: [AuditRecord] = []
    var auditChain = AuditChain()
    var records = RecordTable()
    var samples: [QueueSample.Place: QueueSample] = [:]

    /// The rows that satisfy a condition, in the order of their IDs.
    func rows(where condition: (StoredJob) -> Bool) -> [StoredJob] {
        rows.values.filter { condition($0.stored) }.map(\.stored).sorted { $0.id < $1.id }
    }

    /// The facts of a queue; nil if it was never used.
    func record(_ name: String) -> QueueRecord? {
        guard let queue = queues[name], !queue.isDeleted else { return nil }
        var record = queue.record(name)
        record.oldestPendingAt = rows.values.lazy
            .filter { $0.stored.state == .pending && $0.stored.row.job.spec.queue == name }
            .map(\.stored.row.job.runAt).min()
        return record
    }
}
