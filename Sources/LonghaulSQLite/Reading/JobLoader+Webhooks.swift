import LonghaulCore
import LonghaulStore

/// Reading of webhook deliveries.
extension JobLoader {
    private static let listed = WebhookDelivery.listedColumnNames(null: "NULL")
    private static let ofJob = Query(
        """
        SELECT \(listed) FROM webhook_deliveries INDEXED BY webhook_deliveries_job
        WHERE job_id = ?1 AND (?2 IS NULL OR delivery_id < ?2) AND (?3 IS NULL OR state = ?3)
        ORDER BY delivery_id DESC LIMIT ?4
        """)
    private static let inState = Query(
        """
        SELECT \(listed) FROM webhook_deliveries INDEXED BY webhook_deliveries_state
        WHERE state = ?1 AND delivery_id < ?2 ORDER BY delivery_id DESC LIMIT ?3
        """)
    private static let count = Query(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM webhook_deliveries INDEXED BY webhook_deliveries_state WHERE state = ?1 LIMIT ?2)
        """)
    private static let head = Query(
        """
        SELECT min(due_at) FROM webhook_deliveries INDEXED BY webhook_deliveries_due
        WHERE due_at IS NOT NULL
        """)
    private static let bodies = Query(
        "SELECT \(WebhookDelivery.columnNames) FROM webhook_deliveries WHERE job_id = ?1 ORDER BY delivery_id"
    )

    func deliveries(_ filter: WebhookDeliveryFilter, after id: JobID?, limit: Int) throws -> [WebhookDelivery]
    {
        if let job = filter.jobID {
            return try connection.all(
                Self.ofJob, .id(job), .id(id), .text(filter.state?.rawValue), .int(limit),
                read: WebhookDelivery.init)
        }
        let after = id ?? JobID(high: .max, low: .max)
        return try connection.all(
            Self.inState, .text(filter.state?.rawValue), .id(after), .int(limit), read: WebhookDelivery.init)
    }

    func webhookCounts() throws -> WebhookCounts {
        func count(_ state: WebhookDelivery.State) throws -> Int {
            try connection.first(Self.count, .text(state.rawValue), .int(WebhookCounts.maximum)) { $0.int(0) }
                ?? 0
        }
        return WebhookCounts(pending: try count(.pending), failed: try count(.failed))
    }

    func secondsToNextDelivery() throws -> Double? {
        let next = try connection.first(Self.head) { $0.optionalTime(0) } ?? nil
        return next?.seconds(since: server.time.now())
    }

    /// All deliveries of a job with their bodies, to be moved to another store.
    func movedDeliveries(of id: JobID) throws -> [WebhookDelivery] {
        try connection.all(Self.bodies, .id(id), read: WebhookDelivery.init)
    }
}
