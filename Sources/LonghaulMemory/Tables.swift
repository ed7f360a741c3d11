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

    /// The settings of a queue, and the number of its jobs in each state.
    struct Queue: Sendable {
        var settings = QueueSettings()
        var counts: [JobState: Int] = [:]
        /// The tokens left of the rate limit; nil without a rate limit.
        var bucket: TokenBucket?
        /// When a job of the queue last changed, or its settings were set.
        var usedAt = Timestamp(milliseconds: 0)
        /// Whether it was deleted and not used since.
        var isDeleted = false

        /// The number of jobs that count against `max_waiting`.
        var waiting: Int {
            counts.reduce(0) { $0 + ($1.key.isWaiting ? $1.value : 0) }
        }

        subscript(_ state: JobState) -> Int { counts[state] ?? 0 }

        /// The number of jobs that may still be leased.
        func room(at now: Timestamp) -> Int {
            guard !settings.paused else { return 0 }
            var room = Int.max
            if let bound = settings.maxConcurrency { room = bound - self[.processing] }
            if let limit = settings.rateLimit, let bucket {
                room = min(room, bucket.available(under: limit, at: now))
            }
            return max(0, room)
        }

        func record(_ name: String) -> QueueRecord {
            QueueRecord(
                name: name, settings: settings, counts: counts.filter { $0.value != 0 }, bucket: bucket)
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
    var queues: [String: Queue] = [:]
    var schedules: [String: ScheduleRecord] = [:]
    /// Submission keys by their digests.
    var keys: [[UInt8]: StoredKey] = [:]
    var workers: [String: WorkerRecord] = [:]
    var routing = RoutingTable()
    var turns = PartitionTurns()
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
