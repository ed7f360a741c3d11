import LonghaulCore
import LonghaulStore

/// Reading of pending jobs and of the routing table.
extension Reader {
    /// The maximum number of jobs counted from each end.
    private static let maxCounted = 10_000

    private static let before = Query(
        """
        SELECT count(*) FROM (
            SELECT FROM longhaul.pending p JOIN longhaul.lanes l ON l.id = p.lane
            WHERE l.queue = $1::text
            AND (l.priority > $2::bigint OR (l.priority = $2::bigint AND p.id < $3::uuid))
            LIMIT $4::bigint) c
        """)
    private static let after = Query(
        """
        SELECT count(*) FROM (
            SELECT FROM longhaul.pending p JOIN longhaul.lanes l ON l.id = p.lane
            WHERE l.queue = $1::text
            AND (l.priority < $2::bigint OR (l.priority = $2::bigint AND p.id > $3::uuid))
            LIMIT $4::bigint) c
        """)

    /// The number of pending jobs ahead of a pending job by priority and age; nil if it is not pending.
    ///
    /// Counting all would take time in proportion to the queue.
    func position(of id: JobID) throws -> Int? {
        guard let row = try row(id), row.job.state == .pending else { return nil }
        let spec = row.job.spec
        let parameters: [Parameter] = [
            .text(spec.queue), .int8(spec.priority), .uuid(id), .int8(Self.maxCounted + 1),
        ]
        let before = try count(Request(Self.before, parameters))
        guard before > Self.maxCounted else { return before }
        let record = try queue(spec.queue)
        return try PositionRule.position(
            of: record?.depth ?? 0, maxCounted: Self.maxCounted, before: before
        ) {
            try count(Request(Self.after, parameters))
        } share: {
            let now = try now()
            let oldest = record?.oldestPendingAt ?? now
            let whole = max(0.001, now.seconds(since: oldest))
            return min(1, max(0, row.job.runAt.seconds(since: oldest) / whole))
        }
    }

    private func count(_ request: Request) throws -> Int {
        var row = try connection.run(request).first
        return row?.int() ?? 0
    }

    private static let entries = Query(
        """
        SELECT p.id, l.kind, l.priority, l.labels FROM longhaul.pending p
        JOIN longhaul.lanes l ON l.id = p.lane
        WHERE l.queue = $1::text AND p.run_at < $2::bigint AND ($3::uuid IS NULL OR p.id > $3::uuid)
        ORDER BY p.id LIMIT $4::bigint
        """)

    /// Pending jobs of a queue that became due before a moment, in the order of their identifiers.
    func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) throws -> [QueueEntry] {
        try connection.run(Request(Self.entries, .text(queue), .time(moment), .uuid(id), .int8(limit)))
            .map { row in
                let id = row.id()
                let kind = row.text()
                let priority = row.int()
                return QueueEntry(
                    id: id, queue: queue, kind: kind, priority: priority,
                    labels: try TextCoding.map(row.text()))
            }
    }

    /// The routing table.
    func routing() throws -> RoutingTable { try RoutingTable(readFrom: connection) }
}

extension RoutingTable {
    private static let rules = Query(
        "SELECT \(Rule.columnNames) FROM longhaul.routing_rules ORDER BY number")

    /// Reads the stored table.
    init(readFrom connection: Connection) throws {
        self.init(rules: try connection.run(Request(Self.rules)).map { try Rule(&$0) })
    }
}
