package import LonghaulCore
import LonghaulJSON

/// Webhooks: each job with a `callback_url` that ends gets a delivery, which servers claim, send and record.
extension StoreTransaction {
    /// Creates the delivery of a job that has just ended, if the job has a `callback_url`. The row is stored already. The oldest
    /// delivery of a job that has very many of them is removed, in any state.
    func addDelivery(for row: JobRow) throws {
        guard row.job.state.isFinal, row.job.spec.callbackURL != nil else { return }
        let delivery = WebhookDelivery(
            of: try job(row), at: now, retrySeconds: limits.webhookRetrySeconds, random: random)
        if let delivery { try insert(delivery, of: row, keeping: WebhookDelivery.maxPerJob) }
    }

    /// Claims due deliveries, host by host.
    package func claimDeliveries(_ claim: WebhookClaim) throws -> ClaimedWebhooks {
        var claimed = ClaimedWebhooks()
        var hosts: [String]
        switch claim.receivers {
        case .hosts(let names): hosts = Array(names.prefix(WebhookClaim.maxHosts))
        case .others(let host, let excepted):
            hosts = try webhookHosts(after: host, limit: WebhookClaim.maxHosts)
            if hosts.count == WebhookClaim.maxHosts { claimed.lastHost = hosts.last }
            hosts.removeAll { excepted.contains($0) }
        }
        var busy = claim.busy
        hosts.removeAll { busy[$0, default: 0] >= claim.perHost }
        for var delivery in try dueDeliveries(to: hosts, perHost: claim.perHost) {
            let host = delivery.host
            guard busy[host, default: 0] < claim.perHost else { continue }
            guard claimed.deliveries.count < claim.limit else {
                claimed.lastHost = claimed.deliveries.last?.host
                break
            }
            busy[host, default: 0] += 1
            delivery.claim(at: now, leaseSeconds: claim.leaseSeconds)
            try update(delivery)
            claimed.deliveries.append(delivery)
        }
        return claimed
    }

    /// Records the outcome of an attempt. Returns the delivery; nil if it was deleted, or another server has claimed it
    /// since.
    package func record(_ outcome: WebhookOutcome) throws -> WebhookDelivery? {
        guard var delivery = try delivery(outcome.id), delivery.record(outcome, at: now, random: random)
        else {
            return nil
        }
        try update(delivery)
        return delivery
    }

    /// Makes a delivery due at once, in any state.
    ///
    /// - Throws: `not_found` if the job has no such delivery.
    package func redeliver(
        _ id: JobID, of job: JobID, by source: AuditSource? = nil
    ) throws -> WebhookDelivery {
        guard var delivery = try delivery(id), delivery.jobID == job else {
            throw LonghaulError(.notFound, "the job \(job) has no webhook delivery \(id)")
        }
        let old = delivery
        delivery.redeliver(at: now, retrySeconds: limits.webhookRetrySeconds)
        try update(delivery)
        if delivery != old {
            try record(
                .redeliverWebhook, of: [id.description, job.description], by: source,
                before: Self.facts(of: old), after: Self.facts(of: delivery))
        }
        return delivery
    }

    /// The facts of a delivery for the audit log. The URL can hold secrets.
    private static func facts(of delivery: WebhookDelivery) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("state", delivery.state.rawValue)
            writer.field("next_attempt_at", delivery.dueAt?.description)
        }
        return writer.text
    }
}
