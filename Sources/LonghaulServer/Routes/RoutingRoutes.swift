import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// The routes of the routing table.
struct RoutingRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/routing", operation: "getRouting", tag: .queues,
                access: .scope(.jobsRead),
                summary:
                    "The rules that select a queue for submissions without a queue, or with one whose max_size is too small.",
                description: "The first matching rule selects the queue.",
                answers: [200: .named("RoutingTable")], handler: get),
            Route(
                method: "PUT", pattern: "/v1/routing", operation: "setRouting", tag: .queues,
                access: .scope(.queuesWrite),
                summary: "Replaces the routing table.",
                description: "Applies to later submissions.", body: .named("RoutingTable"),
                example:
                    #"{"rules": [{"queue": "images-gpu", "kinds": ["image.*"], "labels": {"gpu": "1"}}]}"#,
                answers: [200: .named("RoutingTable")], problems: [400, 413, 415], handler: set),
        ]
    }

    @Sendable
    private func get(_ request: APIRequest) async throws -> HTTPResponse {
        return Answer.json(200, try await context.engine.routing())
    }

    @Sendable
    private func set(_ request: APIRequest) async throws -> HTTPResponse {
        try request.grant.requireAllQueues()
        let table = try await request.decode(RoutingTable.self)
        return Answer.json(200, try await context.engine.setRouting(table))
    }
}
