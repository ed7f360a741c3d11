import LonghaulCore
import LonghaulStore

/// Webhook deliveries.
extension Transaction {
    private static let one = Query(
        """
        SELECT \(WebhookDelivery.columnNames) FROM longhaul.webhook_deliveries WHERE delivery_id = $1::uuid
        FOR UPDATE
        """)
    /// The next hosts with pending deliveries, each in one step of the index.
    private static let hosts = Query(
        """
        WITH RECURSIVE found (host, number) AS (
            (SELECT host, 1 FROM longhaul.webhook_deliveries WHERE due_at IS NOT NULL AND host > $1::text
            ORDER BY host LIMIT 1)
            UNION ALL
            SELECT (
                SELECT d.host FROM longhaul.webhook_deliveries d WHERE d.due_at IS NOT NULL AND d.host > f.host
                ORDER BY d.host LIMIT 1), f.number + 1
            FROM found f WHERE f.host IS NOT NULL AND f.number < $2::bigint)
        SELECT host FROM found WHERE host IS NOT NULL ORDER BY number
        """)
    private static let due = Query(
        """
        SELECT d.* FROM unnest($1::text[]) WITH ORDINALITY AS h (host, number)
        CROSS JOIN LATERAL (
            SELECT \(WebhookDelivery.columnNames) FROM longhaul.webhook_deliveries w
            WHERE w.host = h.host AND w.due_at <= $2::bigint ORDER BY w.due_at LIMIT $3::bigint
            FOR UPDATE SKIP LOCKED) d
        ORDER BY h.number, d.due_at
        """)

    func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) {
        change(row.job.id) { entry in
            entry.newDeliveries.append(delivery)
            entry.keptDeliveries = count
        }
    }

    /// The delivery of this ID, locked; nil if there is none.
    func delivery(_ id: JobID) throws -> WebhookDelivery? {
        if let known = deliveries[id] { return known }
        let found = try connection.run(Request(Self.one, .uuid(id))).map { try WebhookDelivery(&$0) }.first
        deliveries.updateValue(found, forKey: id)
        return found
    }

    func update(_ delivery: WebhookDelivery) {
        deliveries.updateValue(delivery, forKey: delivery.id)
        writes.append(delivery.changes)
    }

    func webhookHosts(after host: String, limit: Int) throws -> [String] {
        try connection.run(Request(Self.hosts, .text(host), .int8(limit))).map { $0.text() }
    }

    func dueDeliveries(to hosts: [String], perHost: Int) throws -> [WebhookDelivery] {
        guard !hosts.isEmpty else { return [] }
        let found = try connection.run(
            Request(Self.due, .texts(hosts), .time(now), .int8(perHost))
        ).map { try WebhookDelivery(&$0) }
        // An earlier call of the transaction may have changed some of them.
        return found.compactMap { (deliveries[$0.id] ?? $0) }.filter { $0.isDue(at: now) }
    }

    func nextDelivery(of row: JobRow) -> Timestamp? { overdue.nextDeliveries[row.job.id] }
}

extension WebhookDelivery {
    private static let update: Query = {
        let columns = changingColumns.enumerated()
        let list = columns.map { "\($0.element.name) = $\($0.offset + 2)::\($0.element.kind.type.name)" }
        return Query(
            """
            UPDATE longhaul.webhook_deliveries SET \(list.joined(separator: ", ")) WHERE delivery_id = $1::uuid
            """)
    }()
    private static let trimming = Query(
        """
        DELETE FROM longhaul.webhook_deliveries WHERE delivery_id IN (
            SELECT delivery_id FROM longhaul.webhook_deliveries WHERE job_id = $1::uuid
            ORDER BY delivery_id DESC OFFSET $2::bigint)
        """)
    private static let insertion = Query(
        "INSERT INTO longhaul.webhook_deliveries (\(columnNames)) VALUES (\(placeholders))")

    /// Stores the changes of a delivery.
    fileprivate var changes: Request {
        Request(Self.update, [.uuid(id)] + Self.changingColumns.map { Parameter($0.write(self)) })
    }

    /// Stores a new delivery.
    var insert: Request { Request(Self.insertion, parameters) }

    /// Removes the deliveries of a job except the latest `count`.
    static func trim(_ job: JobID, keeping count: Int) -> Request {
        Request(trimming, .uuid(job), .int8(count))
    }
}
