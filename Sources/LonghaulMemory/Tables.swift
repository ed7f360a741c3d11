import LonghaulCore

/// All that a database keeps. A copy of it is a snapshot, and costs next to nothing.
struct Tables: Sendable {
    /// A row. It is replaced, never changed, so that copies of the tables share it and a scan need not copy it.
    final class Row: Sendable {
        let stored: StoredJob

        init(_ stored: StoredJob) {
            self.stored = stored
        }
    }

    /// A queue's settings, and how many of its jobs stand in each state.
    struct Queue: Sendable {
        var settings = QueueSettings()
        var counts: [JobState: Int] = [:]
        /// What is left of the rate limit; nil if there is none.
        var bucket: TokenBucket?

        /// How many jobs count against `max_waiting`.
        var waiting: Int {
            counts.reduce(0) { $0 + ($1.key.isWaiting ? $1.value : 0) }
        }

        /// How many jobs stand in a state.
        subscript(_ state: JobState) -> Int { counts[state] ?? 0 }

        /// The facts of the queue of this name.
        func record(_ name: String) -> QueueRecord {
            QueueRecord(
                name: name, settings: settings, counts: counts.filter { $0.value != 0 }, bucket: bucket)
        }
    }

    /// A sort of request for the jobs of a partitioned queue: each has turns of its own.
    struct TurnKey: Sendable, Hashable {
        var queue: String
        var kinds: [String]
        var labels: [String: String]
    }

    /// A key, and the job that it stands for.
    struct Key: Sendable {
        var jobID: JobID
        var fingerprint: [UInt8]?
        /// Until when it holds; nil for as long as its job has not ended.
        var expiresAt: Timestamp?
    }

    /// What a sample is of.
    struct SamplePlace: Sendable, Hashable {
        var at: Timestamp
        var queue: String
    }

    /// What dead letters are grouped by.
    struct GroupKey: Sendable, Hashable {
        var fingerprint: String
        var queue: String
    }

    var rows: [JobID: Row] = [:]
    /// The groups of dead letters, without their examples.
    var groups: [GroupKey: DeadLetterGroup] = [:]
    var queues: [String: Queue] = [:]
    var schedules: [String: ScheduleRecord] = [:]
    var keys: [[UInt8]: Key] = [:]
    var workers: [String: WorkerRecord] = [:]
    var routing = RoutingTable()
    /// The value of its tag that had the latest turn in a partitioned queue.
    var turns: [TurnKey: String] = [:]
    var samples: [SamplePlace: QueueSample] = [:]

    /// The rows of which something holds, in the order of their identifiers.
    func rows(where condition: (StoredJob) -> Bool) -> [StoredJob] {
        rows.values.filter { condition($0.stored) }.map(\.stored).sorted { $0.job.id < $1.job.id }
    }
}
