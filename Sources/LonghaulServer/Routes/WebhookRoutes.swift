import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The routes of webhook deliveries.
struct WebhookRoutes: RouteGroup {
    let context: APIContext

    private static let page = QueryParameter.page(
        cursor: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/jobs/{id}/deliveries", operation: "listDeliveries",
                tag: .webhooks,
                access: .scope(.jobsRead),
                summary: "The webhooks that report the ends of the job, newest first.",
                description: """
                    Each end of a job with a `callback_url` has one delivery, which is removed with the job. \
                    Only the latest 20 attempts are listed.
                    """, query: Self.page,
                answers: [200: .named("WebhookDeliveryPage")], problems: [400, 404], handler: ofJob),
            Route(
                method: "POST", pattern: "/v1/jobs/{id}/deliveries/{delivery}/redeliver",
                operation: "redeliver", tag: .webhooks, access: .scope(.jobsWrite),
                summary: "Sends a webhook again, or a pending one now.",
                description: """
                    The delivery is due at once, in any state, with the same ID and body, and is retried like a \
                    new one. A delivery that a server is sending does not change. 409 if the server sends no \
                    webhooks.
                    """,
                answers: [200: .named("WebhookDelivery")], problems: [400, 404, 409], handler: redeliver),
            Route(
                method: "GET", pattern: "/v1/deliveries", operation: "listDeliveriesByState", tag: .webhooks,
                access: .scope(.jobsRead),
                summary: "The webhooks of all jobs in a state, newest first.",
                description: "Failed deliveries are those that no server retries any more.",
                query: [
                    QueryParameter(
                        name: "state", description: "The state; the default is failed.",
                        schema: .choice(WebhookDelivery.State.allCases.map(\.rawValue)))
                ] + Self.page,
                answers: [200: .named("WebhookDeliveryPage")], problems: [400], handler: inState),
            Route(
                method: "GET", pattern: "/v1/webhooks/secret", operation: "getWebhookSecret", tag: .webhooks,
                access: .scope(.admin), summary: "The secret that signs webhooks by default.",
                description: """
                    All servers of a store have the same one. 409 if the operator has configured another \
                    secret: no call shows it.
                    """,
                answers: [200: .named("DefaultWebhookSecret")], problems: [400, 409],
                handler: { _ in Answer.json(200, try context.engine.defaultWebhookSecret()) }),
        ]
    }

    @Sendable
    private func ofJob(_ request: APIRequest) async throws -> HTTPResponse {
        let id = try await context.coveredJob(of: request)
        return answer(
            try await context.engine.deliveries(of: id, after: try cursor(request), limit: request.limit()))
    }

    @Sendable
    private func inState(_ request: APIRequest) async throws -> HTTPResponse {
        let state = request.http.query.first("state").flatMap(WebhookDelivery.State.init(rawValue:))
        var page = try await context.engine.deliveries(
            in: state ?? .failed, after: try cursor(request), limit: request.limit())
        page.deliveries = try await covered(page.deliveries, by: request.grant)
        return answer(page)
    }

    /// The deliveries whose jobs a key covers.
    private func covered(_ deliveries: [WebhookDelivery], by grant: KeyGrant) async throws
        -> [WebhookDelivery]
    {
        guard grant.isLimited else { return deliveries }
        var covered: [WebhookDelivery] = []
        for delivery in deliveries {
            do {
                try await context.engine.require(delivery.jobID, within: grant)
                covered.append(delivery)
            } catch let error as LonghaulError where error.code == .notFound {
                continue
            }
        }
        return covered
    }

    @Sendable
    private func redeliver(_ request: APIRequest) async throws -> HTTPResponse {
        try await request.expectNoBody()
        let job = try await context.coveredJob(of: request)
        guard let id = JobID(request.parameter("delivery")) else {
            throw LonghaulError(.notFound, "there is no webhook delivery of this ID")
        }
        return Answer.json(200, try await context.engine.redeliver(id, of: job))
    }

    private func cursor(_ request: APIRequest) throws(LonghaulError) -> JobID? {
        try request.query("cursor", "the next_cursor of an earlier page") { JobID($0) }
    }

    private func answer(_ page: WebhookDeliveryPage) -> HTTPResponse {
        Answer.page(page.deliveries, next: page.next?.description, cursor: { $0.id.description })
    }
}
