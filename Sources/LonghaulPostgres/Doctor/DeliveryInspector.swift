import LonghaulCore
import LonghaulStore

/// The query of the check of webhook deliveries.
private enum DeliveryInspection {
    private static let pageSize = 1000
    private static let page = Query(
        """
        SELECT delivery_id, EXISTS (SELECT FROM longhaul.jobs j WHERE j.id = longhaul.webhook_deliveries.job_id),
            host, \(WebhookDelivery.listedColumnNames(null: "NULL::bytea"))
        FROM longhaul.webhook_deliveries WHERE delivery_id > $1::uuid ORDER BY delivery_id LIMIT $2::bigint
        """)

    static func each(_ connection: Connection, _ body: (InspectedDelivery) throws -> Void) throws {
        var last = JobID(high: 0, low: 0)
        while true {
            let found = try connection.run(Request(page, .uuid(last), .int8(pageSize))).map { row in
                let id = row.id()
                let hasJob = row.bool()
                let host = row.text()
                return InspectedDelivery(
                    id: id, hasJob: hasJob, host: host, Result { try WebhookDelivery(&row) })
            }
            for delivery in found { try body(delivery) }
            guard found.count == pageSize, let end = found.last else { return }
            last = end.id
        }
    }
}

extension Reader: DeliveryInspector {
    func eachDelivery(_ body: (InspectedDelivery) throws -> Void) throws {
        try DeliveryInspection.each(connection, body)
    }
}

extension Transaction: DeliveryRepairer {
    private static let removal = Query("DELETE FROM longhaul.webhook_deliveries WHERE delivery_id = $1::uuid")
    private static let reset = Query(
        """
        UPDATE longhaul.webhook_deliveries SET attempts = '[]', is_claimed = false,
            due_at = CASE WHEN state IN ('delivered', 'failed') THEN NULL ELSE $2::bigint END,
            state = CASE WHEN state IN ('delivered', 'failed') THEN state ELSE 'pending' END
        WHERE delivery_id = $1::uuid
        """)

    private static let filing = Query(
        "UPDATE longhaul.webhook_deliveries SET host = $2::text WHERE delivery_id = $1::uuid")

    func eachDelivery(_ body: (InspectedDelivery) throws -> Void) throws {
        try DeliveryInspection.each(connection, body)
    }

    func setHost(_ host: String, ofDelivery id: JobID) throws {
        try connection.run(Request(Self.filing, .uuid(id), .text(host)))
    }

    func removeDelivery(_ id: JobID) throws { try connection.run(Request(Self.removal, .uuid(id))) }

    func resetDelivery(_ id: JobID) throws {
        try connection.run(Request(Self.reset, .uuid(id), .time(now)))
    }
}
