import LonghaulCore
import LonghaulStore

/// Webhook deliveries.
extension Transaction {
    private static let insertion: Query = {
        let columns = WebhookDelivery.columns
        let placeholders = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        return Query(
            "INSERT INTO webhook_deliveries (\(WebhookDelivery.columnNames)) VALUES (\(placeholders))")
    }()
    private static let changes: Query = {
        let columns = WebhookDelivery.changingColumns.enumerated()
        let list = columns.map { "\($0.element.name) = ?\($0.offset + 2)" }.joined(separator: ", ")
        return Query("UPDATE webhook_deliveries SET \(list) WHERE delivery_id = ?1")
    }()
    private static let one = Query(
        "SELECT \(WebhookDelivery.columnNames) FROM webhook_deliveries WHERE delivery_id = ?1")
    private static let nextHost = Query(
        """
        SELECT host FROM webhook_deliveries INDEXED BY webhook_deliveries_host
        WHERE due_at IS NOT NULL AND host > ?1 ORDER BY host LIMIT 1
        """)
    private static let due = Query(
        """
        SELECT \(WebhookDelivery.columnNames) FROM webhook_deliveries INDEXED BY webhook_deliveries_host
        WHERE due_at IS NOT NULL AND host = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3
        """)
    private static let nextOfJob = Query(
        """
        SELECT min(due_at) FROM webhook_deliveries INDEXED BY webhook_deliveries_job
        WHERE job_id = ?1 AND retry_until > ?2
        """)
    private static let trimming = Query(
        """
        DELETE FROM webhook_deliveries WHERE delivery_id IN (
            SELECT delivery_id FROM webhook_deliveries INDEXED BY webhook_deliveries_job
            WHERE job_id = ?1 ORDER BY delivery_id DESC LIMIT -1 OFFSET ?2)
        """)
    private static let removal = Query("DELETE FROM webhook_deliveries WHERE job_id = ?1")

    func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) throws {
        try connection.run(Self.insertion, delivery.values)
        try connection.run(Self.trimming, .id(row.job.id), .int(count))
    }

    func delivery(_ id: JobID) throws -> WebhookDelivery? {
        try connection.first(Self.one, .id(id), read: WebhookDelivery.init)
    }

    func update(_ delivery: WebhookDelivery) throws {
        let values = WebhookDelivery.changingColumns.map { $0.write(delivery) }
        try connection.run(Self.changes, [.id(delivery.id)] + values)
    }

    func webhookHosts(after host: String, limit: Int) throws -> [String] {
        var hosts: [String] = []
        while hosts.count < limit,
            let next = try connection.first(Self.nextHost, .text(hosts.last ?? host), read: { $0.text(0) })
        {
            hosts.append(next)
        }
        return hosts
    }

    func dueDeliveries(to hosts: [String], perHost: Int) throws -> [WebhookDelivery] {
        try hosts.flatMap {
            try connection.all(Self.due, .text($0), .time(now), .int(perHost), read: WebhookDelivery.init)
        }
    }

    func nextDelivery(of row: JobRow) throws -> Timestamp? {
        try connection.first(Self.nextOfJob, .id(row.job.id), .time(now)) { $0.optionalTime(0) } ?? nil
    }

    /// Deletes the deliveries of a job that is deleted.
    func removeDeliveries(of row: JobRow) throws {
        guard row.job.spec.callbackURL != nil else { return }
        try connection.run(Self.removal, .id(row.job.id))
    }
}
