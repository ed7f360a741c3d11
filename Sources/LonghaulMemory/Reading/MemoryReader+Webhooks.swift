package import LonghaulCore
import LonghaulStore

/// Reading of webhook deliveries.
extension MemoryReader {
    package func deliveries(
        _ filter: WebhookDeliveryFilter, after id: JobID?, limit: Int
    ) -> [WebhookDelivery] {
        tables.deliveries.values.filter { delivery in
            filter.fits(delivery) && id.map { delivery.id < $0 } ?? true
        }
        .sorted { $0.id > $1.id }.prefix(limit)
        .map { delivery in
            var listed = delivery
            listed.body = []
            return listed
        }
    }

    package func webhookCounts() -> WebhookCounts {
        func count(_ state: WebhookDelivery.State) -> Int {
            min(WebhookCounts.maximum, tables.deliveries.values.count { $0.state == state })
        }
        return WebhookCounts(pending: count(.pending), failed: count(.failed))
    }

    package func secondsToNextDelivery() -> Double? {
        tables.deliveries.values.compactMap(\.dueAt).min()?.seconds(since: clock.now)
    }
}
