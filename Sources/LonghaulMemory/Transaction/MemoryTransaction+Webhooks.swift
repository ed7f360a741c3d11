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

    package func webhookHosts(after host: String, limit: Int) -> [String] {
        let pending = Set(tables.deliveries.values.lazy.filter { $0.dueAt != nil }.map(\.host))
        let names = pending.filter { host.utf8.lexicographicallyPrecedes($0.utf8) }
        return Array(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(limit))
    }

    package func dueDeliveries(to hosts: [String], perHost: Int) -> [WebhookDelivery] {
        let due = Dictionary(grouping: tables.deliveries.values.filter { $0.isDue(at: now) }, by: \.host)
        return hosts.flatMap { host in
            (due[host] ?? []).sorted { ($0.dueAt ?? now, $0.id) < ($1.dueAt ?? now, $1.id) }.prefix(perHost)
        }
    }

    package func nextDelivery(of row: JobRow) -> Timestamp? {
        tables.deliveries.values.filter { $0.jobID == row.job.id && $0.retryUntil > now }
            .compactMap(\.dueAt).min()
    }
}
