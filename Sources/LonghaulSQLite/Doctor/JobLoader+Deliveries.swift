import LonghaulCore
import LonghaulStore

/// The query of the check of webhook deliveries.
extension JobLoader: DeliveryInspector {
    private static let every = Query(
        """
        SELECT \(WebhookDelivery.listedColumnNames(null: "NULL")),
            EXISTS (SELECT 1 FROM jobs WHERE jobs.id = webhook_deliveries.job_id), host
        FROM webhook_deliveries
        """)

    func eachDelivery(_ body: (InspectedDelivery) throws -> Void) throws {
        let hasJob = Int32(WebhookDelivery.columns.count)
        try connection.each(Self.every, []) { row in
            let id = row.value(0).optionalID ?? JobID(high: 0, low: 0)
            let delivery = Result { try WebhookDelivery(row) }
            try body(
                InspectedDelivery(
                    id: id, hasJob: row.int(hasJob) != 0, host: row.text(hasJob + 1), delivery))
            return true
        }
    }
}

extension Transaction: DeliveryRepairer {
    private static let removal = Query("DELETE FROM webhook_deliveries WHERE delivery_id = ?1")
    private static let reset = Query(
        """
        UPDATE webhook_deliveries SET attempts = '[]', is_claimed = 0,
            due_at = CASE WHEN state IN ('delivered', 'failed') THEN NULL ELSE ?2 END,
            state = CASE WHEN state IN ('delivered', 'failed') THEN state ELSE 'pending' END
        WHERE delivery_id = ?1
        """)

    private static let filing = Query("UPDATE webhook_deliveries SET host = ?2 WHERE delivery_id = ?1")

    func eachDelivery(_ body: (InspectedDelivery) throws -> Void) throws { try loader.eachDelivery(body) }

    func removeDelivery(_ id: JobID) throws { try connection.run(Self.removal, .id(id)) }

    func resetDelivery(_ id: JobID) throws { try connection.run(Self.reset, .id(id), .time(now)) }

    func setHost(_ host: String, ofDelivery id: JobID) throws {
        try connection.run(Self.filing, .id(id), .text(host))
    }
}
