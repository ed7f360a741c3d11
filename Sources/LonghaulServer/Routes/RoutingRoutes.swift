import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// The routes of the routing table.
struct RoutingRoutes: RouteGroup {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: "/v1/routing", operation: "getRouting", access: .scope(.jobsRead),
                summary:
                    "The rules that select a queue for submissions without a queue, or with one whose max_size is too small.",
                answers: [200: .named("RoutingTable")], handler: get),
            Route(
                method: "PUT", pattern: "/v1/routing", operation: "setRouting", access: .scope(.queuesWrite),
                summary: "Replaces the routing table.", body: .named("RoutingTable"),
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
