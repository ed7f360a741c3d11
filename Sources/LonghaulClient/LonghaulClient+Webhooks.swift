public import LonghaulCore
import LonghaulHTTP

extension LonghaulClient {
    /// A page of the webhook deliveries of a job, newest first.
    public func deliveries(
        of id: JobID, after cursor: JobID? = nil, limit: Int = 50
    ) async throws -> WebhookDeliveryPage {
        try await deliveries("/v1/jobs/\(id)/deliveries?limit=\(limit)", after: cursor)
    }

    /// A page of all webhook deliveries in a state, newest first.
    public func deliveries(
        in state: WebhookDelivery.State, after cursor: JobID? = nil, limit: Int = 50
    ) async throws -> WebhookDeliveryPage {
        try await deliveries("/v1/deliveries?state=\(state.rawValue)&limit=\(limit)", after: cursor)
    }

    /// Makes a webhook delivery of a job due at once.
    public func redeliver(_ id: JobID, of job: JobID) async throws -> WebhookDelivery {
        let path = "/v1/jobs/\(job)/deliveries/\(id)/redeliver"
        return try WebhookDelivery.decode(answer: try await send("POST", path).body)
    }

    /// The secret that signs webhooks by default. It needs a key with the scope `admin`.
    public func defaultWebhookSecret() async throws -> String {
        try DefaultWebhookSecret.decode(answer: try await send("GET", "/v1/webhooks/secret").body).secret
    }

    private func deliveries(_ path: String, after cursor: JobID?) async throws -> WebhookDeliveryPage {
        let query = cursor.map { "&cursor=\($0)" } ?? ""
        return try WebhookDeliveryPage.decode(answer: try await send("GET", path + query).body)
    }
}
