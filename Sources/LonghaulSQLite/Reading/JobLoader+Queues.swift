import LonghaulCore
import LonghaulStore

/// Reading of queues and workers.
extension JobLoader {
    private static let allQueues = Query(
        "SELECT \(QueueState.columnNames) FROM queues WHERE is_deleted = 0 ORDER BY name")
    private static let queuesAfter = Query(
        """
        SELECT \(QueueState.columnNames) FROM queues WHERE is_deleted = 0 AND name > ?1
        ORDER BY name LIMIT ?2
        """)
    private static let oneQueue = Query("SELECT \(QueueState.columnNames) FROM queues WHERE name = ?1")
    private static let front = Query(
        """
        SELECT run_at, created_at FROM jobs INDEXED BY jobs_pending
        WHERE state = 2 AND queue = ?1 AND kind = ?2 AND labels = ?3 AND partition_value = ?4
        AND priority = ?5 ORDER BY seq LIMIT 1000
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
        try connection.all(Self.allQueues, read: QueueState.read).map(record)
    }

    /// The queues after a name, in the order of their names.
    func queues(after name: String?, limit: Int) throws -> [QueueRecord] {
        try connection.all(
            Self.queuesAfter, .text(name ?? ""), .int(limit), read: QueueState.read
        ).map(record)
    }

    /// The queue of this name; nil if there is none.
    func queue(_ name: String) throws -> QueueRecord? {
        guard let entry = try entry(of: name), !entry.isDeleted else { return nil }
        return try record(name, entry)
    }

    /// The stored state of a queue; nil if it has never been used.
    func entry(of queue: String) throws -> QueueState? {
        try connection.first(Self.oneQueue, .text(queue), read: QueueState.read)?.state
    }

    private func record(_ name: String, _ entry: QueueState) throws -> QueueRecord {
        var record = entry.record(name)
        if record.depth > 0 { record.oldestPendingAt = try oldestPending(in: name) }
        return record
    }

    /// The time at which the longest-waiting pending job became due.
    ///
    /// Within a band, rows are ordered by age. The first job that was due at its submission has waited longer than
    /// all jobs behind it. Only the jobs before it, which became due after their submission, are compared.
    private func oldestPending(in queue: String) throws -> Timestamp? {
        var oldest: Timestamp?
        for band in try pendingBands(of: queue) {
            try connection.each(Self.front, band.values) { row in
                oldest = min(oldest ?? row.time(0), row.time(0))
                return row.int64(0) != row.int64(1)
            }
        }
        return oldest
    }

    /// In the order of the table, so that all pages together take one scan. Only a queue that lost its entries is
    /// read like this.
    private static let pendingInOrder = Query(
        """
        SELECT id, kind, priority, labels FROM jobs NOT INDEXED
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
                id: JobID(bytes: row.blob(0)), queue: queue, kind: row.text(1), priority: row.int(2),
                labels: try TextCoding.labels(row.text(3)))
        }
    }

    /// The kinds of a queue's pending jobs. Each takes one index lookup.
    func pendingKinds(of queue: String) throws -> [String] {
        var kinds: [String] = []
        while let kind = try pendingKind(of: queue, after: kinds.last ?? "") { kinds.append(kind) }
        return kinds
    }

    /// The next kind, by name, of a queue's pending jobs.
    func pendingKind(of queue: String, after kind: String) throws -> String? {
        try connection.first(Self.nextPendingKind, .text(queue), .text(kind)) { $0.text(0) }
    }

    func workers() throws -> [WorkerRecord] {
        var running: [String: [JobID]] = [:]
        try connection.each(Self.leased, []) { row in
            running[row.text(0), default: []].append(JobID(bytes: row.blob(1)))
            return true
        }
        return WorkerRecord.shown(server.workers.records.values, at: server.time.now()).map { record in
            var record = record
            record.running = running[record.info.id] ?? []
            return record
        }
    }

    private static let rules = Query(
        "SELECT \(RoutingTable.Rule.columnNames) FROM routing_rules ORDER BY number")

    /// The routing table.
    func routing() throws -> RoutingTable {
        RoutingTable(rules: try connection.all(Self.rules, read: RoutingTable.Rule.init))
    }
}
