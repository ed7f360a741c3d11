import LonghaulCore

/// Queues and workers, read.
extension JobLoader {
    private static let allQueues = Query("SELECT \(QueueLedger.columns) FROM queues ORDER BY name")
    private static let oneQueue = Query("SELECT \(QueueLedger.columns) FROM queues WHERE name = ?1")
    private static let front = Query(
        """
        SELECT run_at, created_at FROM jobs INDEXED BY jobs_pending
        WHERE state = 2 AND queue = ?1 AND kind = ?2 AND priority = ?3 ORDER BY seq LIMIT 1000
        """)
    private static let before = Query(
        """
        SELECT count(*) FROM jobs INDEXED BY jobs_pending
        WHERE state = 2 AND queue = ?1 AND kind = ?2 AND priority > ?3
        """)
    private static let beforeAlike = Query(
        """
        SELECT count(*) FROM jobs INDEXED BY jobs_pending
        WHERE state = 2 AND queue = ?1 AND kind = ?2 AND priority = ?3 AND seq < ?4
        """)
    private static let nextPendingKind = Query(
        """
        SELECT kind FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind > ?2
        ORDER BY kind LIMIT 1
        """)
    private static let leased = Query(
        "SELECT worker_id, id FROM jobs INDEXED BY jobs_leased WHERE state = 3 ORDER BY lease_expires_at")

    /// Every queue, by name.
    func queues() throws -> [QueueRecord] {
        try connection.all(Self.allQueues, read: QueueLedger.read).map(record)
    }

    /// The queue of this name; nil if it has never been used.
    func queue(_ name: String) throws -> QueueRecord? {
        try connection.first(Self.oneQueue, .text(name), read: QueueLedger.read).map(record)
    }

    private func record(_ name: String, _ entry: QueueLedger.Entry) throws -> QueueRecord {
        var record = entry.record(name)
        if record.depth > 0 { record.oldestPendingAt = try oldestPending(in: name) }
        return record
    }

    /// When the pending job that has waited longest became due.
    ///
    /// Within a kind and priority, rows lie by age. The first that was due when it was submitted has waited
    /// longer than all that follow; only those before it, which came due later than they were submitted, need
    /// comparing.
    private func oldestPending(in queue: String) throws -> Timestamp? {
        var oldest: Timestamp?
        for kind in try pendingKinds(of: queue) {
            for priority in 0...9 {
                try connection.each(Self.front, [.text(queue), .text(kind), .int(priority)]) { row in
                    oldest = min(oldest ?? row.time(0), row.time(0))
                    return row.int64(0) != row.int64(1)
                }
            }
        }
        return oldest
    }

    /// In the order of the table, so that page after page costs one pass: it is asked for only after a queue has
    /// lost what it held.
    private static let pendingInOrder = Query(
        """
        SELECT id, kind, priority FROM jobs NOT INDEXED
        WHERE seq > ?1 AND state = 2 AND queue = ?2 AND run_at < ?3 ORDER BY seq LIMIT ?4
        """)

    /// Pending jobs of a queue that became due before a moment, in the order of their identifiers.
    func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) throws -> [QueueEntry] {
        let after = try id.map { try row($0)?.seq ?? JobSequence.last(of: $0) } ?? -1
        return try connection.all(
            Self.pendingInOrder, .integer(after), .text(queue), .time(moment), .int(limit)
        ) { row in
            QueueEntry(
                id: JobID(bytes: row.blob(0)), queue: queue, kind: row.text(1), priority: row.int(2))
        }
    }

    /// The kinds that are pending in a queue, each found by one step in the index.
    func pendingKinds(of queue: String) throws -> [String] {
        var kinds: [String] = []
        while let kind = try connection.first(
            Self.nextPendingKind, .text(queue), .text(kinds.last ?? ""), read: { $0.text(0) })
        {
            kinds.append(kind)
        }
        return kinds
    }

    /// How many pending jobs stand before a pending one.
    func position(of id: JobID) throws -> Int? {
        guard let row = try row(id), row.job.state == .pending else { return nil }
        let queue = Value.text(row.job.spec.queue)
        let priority = Value.int(row.job.spec.priority)
        return try pendingKinds(of: row.job.spec.queue).reduce(0) { sum, kind in
            let higher = try connection.first(Self.before, queue, .text(kind), priority) { $0.int(0) }
            let alike = try connection.first(
                Self.beforeAlike, queue, .text(kind), priority, .integer(row.seq)
            ) {
                $0.int(0)
            }
            return sum + (higher ?? 0) + (alike ?? 0)
        }
    }

    /// The workers heard of since a moment, the latest first, with the jobs that they hold.
    func workers(_ records: [WorkerRecord], since horizon: Timestamp) throws -> [WorkerRecord] {
        var running: [String: [JobID]] = [:]
        try connection.each(Self.leased, []) { row in
            running[row.text(0), default: []].append(JobID(bytes: row.blob(1)))
            return true
        }
        return
            records.filter { $0.lastSeenAt >= horizon }
            .sorted { ($1.lastSeenAt, $0.info.id) < ($0.lastSeenAt, $1.info.id) }
            .map { record in
                var record = record
                record.running = running[record.info.id] ?? []
                return record
            }
    }
}
