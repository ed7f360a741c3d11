package import LonghaulCore
package import LonghaulStore

/// Webhook deliveries.
extension MemoryTransaction {
    package func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) {
        tables.deliveries[delivery.id] = delivery
        let ids = tables.deliveries.values.filter { $0.jobID == row.job.id }.map(\.id)
        for id in ids.sorted(by: >).dropFirst(count) { tables.deliveries[id] = nil }
    }

    package func delivery(_ id: JobID) -> WebhookDelivery? { tables.deliveries[id] }

    package func update(_ delivery: WebhookDelivery) { tables.deliveries[delivery.id] = delivery }

    package func dueDeliveries(afterHost host: String, hosts: Int, perHost: Int) -> DueDeliveries {
        let pending = Dictionary(grouping: tables.deliveries.values.filter { $0.dueAt != nil }, by: \.host)
        let names = pending.keys.filter { host.utf8.lexicographicallyPrecedes($0.utf8) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let examined = names.prefix(hosts)
        let due = examined.flatMap { name in
            (pending[name] ?? []).filter { $0.isDue(at: now) }
                .sorted { ($0.dueAt ?? now, $0.id) < ($1.dueAt ?? now, $1.id) }.prefix(perHost)
        }
        return DueDeliveries(due, lastHost: names.count >= hosts ? examined.last : nil)
    }

    package func nextDelivery(of row: JobRow) -> Timestamp? {
        tables.deliveries.values.filter { $0.jobID == row.job.id && $0.retryUntil > now }
            .compactMap(\.dueAt).min()
    }
}
