import LonghaulCore
import LonghaulStore

/// Reading of webhook deliveries.
extension Reader {
    private static let listed = WebhookDelivery.listedColumnNames(null: "NULL::bytea")
    private static let ofJob = Query(
        """
        SELECT \(listed) FROM longhaul.webhook_deliveries
        WHERE job_id = $1::uuid AND ($2::uuid IS NULL OR delivery_id < $2) AND ($3::text IS NULL OR state = $3)
        ORDER BY delivery_id DESC LIMIT $4::bigint
        """)
    private static let inState = Query(
        """
        SELECT \(listed) FROM longhaul.webhook_deliveries WHERE state = $1::text AND delivery_id < $2::uuid
        ORDER BY delivery_id DESC LIMIT $3::bigint
        """)
    private static let counts = Query(
        """
        SELECT
            (SELECT count(*) FROM (
                SELECT FROM longhaul.webhook_deliveries WHERE state = $1::text LIMIT $3::bigint) p),
            (SELECT count(*) FROM (
                SELECT FROM longhaul.webhook_deliveries WHERE state = $2::text LIMIT $3::bigint) f)
        """)
    private static let head = Query(
        "SELECT min(due_at) FROM longhaul.webhook_deliveries WHERE due_at IS NOT NULL")

    func deliveries(_ filter: WebhookDeliveryFilter, after id: JobID?, limit: Int) throws -> [WebhookDelivery]
    {
        let state = Parameter.text(filter.state?.rawValue)
        let request =
            if let job = filter.jobID {
                Request(Self.ofJob, .uuid(job), .uuid(id), state, .int8(limit))
            } else {
                Request(Self.inState, state, .uuid(id ?? JobID(high: .max, low: .max)), .int8(limit))
            }
        return try connection.run(request).map { try WebhookDelivery(&$0) }
    }

    func webhookCounts() throws -> WebhookCounts {
        let states = [WebhookDelivery.State.pending, .failed].map { Parameter.text($0.rawValue) }
        guard
            var row = try connection.run(
                Request(Self.counts, states + [.int8(WebhookCounts.maximum)])
            ).first
        else { return WebhookCounts() }
        return WebhookCounts(pending: row.int(), failed: row.int())
    }

    func secondsToNextDelivery() throws -> Double? {
        var row = try connection.run(Request(Self.head)).first
        return try row?.optionalTime()?.seconds(since: now())
    }
}
