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
        SELECT host, due_at FROM webhook_deliveries INDEXED BY webhook_deliveries_host
        WHERE due_at IS NOT NULL AND host > ?1 ORDER BY host, due_at LIMIT 1
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

    func dueDeliveries(afterHost host: String, hosts: Int, perHost: Int) throws -> DueDeliveries {
        var found: [WebhookDelivery] = []
        var host = host
        for _ in 0..<hosts {
            let next = try connection.first(Self.nextHost, .text(host)) { ($0.text(0), $0.time(1)) }
            guard let next else { return DueDeliveries(found, lastHost: nil) }
            host = next.0
            guard next.1 <= now else { continue }
            found += try connection.all(
                Self.due, .text(host), .time(now), .int(perHost), read: WebhookDelivery.init)
        }
        return DueDeliveries(found, lastHost: host)
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
