public import LonghaulCore

extension Engine {
    /// A page of the webhook deliveries of a job, newest first.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func deliveries(of id: JobID, after cursor: JobID?, limit: Int) async throws -> WebhookDeliveryPage
    {
        guard try await store.job(id) != nil else { throw LonghaulError.noJob(id) }
        return try await store.deliveries(WebhookDeliveryFilter(jobID: id), after: cursor, limit: limit)
    }

    /// A page of all webhook deliveries in a state, newest first.
    public func deliveries(
        in state: WebhookDelivery.State, after cursor: JobID?, limit: Int
    ) async throws -> WebhookDeliveryPage {
        try await store.deliveries(WebhookDeliveryFilter(state: state), after: cursor, limit: limit)
    }

    /// Sends a webhook again, or a pending one now. A webhook that is being sent does not change.
    ///
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if this server sends no webhooks.
    public func redeliver(_ id: JobID, of job: JobID) async throws -> WebhookDelivery {
        guard try await store.job(job) != nil else { throw LonghaulError.noJob(job) }
        guard webhooks.isActive else { throw Self.noWebhooks }
        let delivery = try await store.redeliver(id, of: job)
        webhooks.wake()
        return delivery
    }

    /// The secret that signs webhooks, if it is the one of the store.
    ///
    /// - Throws: ``LonghaulError`` `conflict` if this server has a configured secret, or sends no webhooks.
    public func defaultWebhookSecret() throws(LonghaulError) -> DefaultWebhookSecret {
        guard webhooks.isActive else { throw Self.noWebhooks }
        guard let secret = configuration.webhooks?.defaultSecret else {
            throw LonghaulError(
                .conflict,
                "the operator has configured the webhook secret of this server, and only the operator can show it"
            )
        }
        return DefaultWebhookSecret(secret: secret)
    }

    private static let noWebhooks = LonghaulError(
        .conflict, "this server sends no webhooks: it has no --webhook-secret-file")

    /// Writes the metrics of webhooks.
    func writeWebhooks(to text: inout PrometheusText) async {
        if let counts = try? await store.webhookCounts() {
            text.begin(
                "longhaul_webhook_deliveries", .gauge,
                "Webhooks in the store that are pending or have failed, at most \(WebhookCounts.maximum) each."
            )
            text.value(counts.pending, [("state", WebhookDelivery.State.pending.rawValue)])
            text.value(counts.failed, [("state", WebhookDelivery.State.failed.rawValue)])
        }
        let counters = webhooks.counters
        text.begin("longhaul_webhook_attempts_total", .counter, "Attempts to deliver webhooks, by outcome.")
        text.value(counters.delivered, [("outcome", "delivered")])
        text.value(counters.failed, [("outcome", "failed")])
        text.begin(
            "longhaul_webhooks_failed_total", .counter, "Webhooks that failed without another retry.")
        text.value(counters.abandoned)
        text.begin("longhaul_webhooks_sending", .gauge, "Webhooks that this server is sending.")
        text.value(counters.sending)
    }
}
