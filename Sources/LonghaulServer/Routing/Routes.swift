import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// All routes of the API.
enum Routes {
    /// Every call, in the order of the API's document.
    static func all(_ context: APIContext) -> [Route] {
        let routes =
            SubmitRoutes(context: context).routes + JobRoutes(context: context).routes
            + DeadLetterRoutes(context: context).routes + ScheduleRoutes(context: context).routes
            + EventRoutes(context: context).routes + LogRoutes(context: context).routes
            + ArtifactRoutes(context: context).routes + QueueRoutes(context: context).routes
            + RoutingRoutes(context: context).routes
            + LeaseRoutes(context: context).routes + AttemptRoutes(context: context).routes
            + HealthRoutes(context: context).routes + WatchRoutes(context: context).routes
        return routes + [OpenAPIDocument.route(routes, version: context.configuration.version)]
    }

    /// A router over every call, and the dashboard.
    static func router(_ context: APIContext) -> HTTPRouter {
        let dashboard = DashboardRoutes(files: .embedded)
        var router = HTTPRouter { request, status, detail in
            let page = status == 404 ? dashboard.missingPage(request) : nil
            return page ?? Answer.problem(ofServer: status, detail, instance: request.path)
        }
        dashboard.add(to: &router)
        for route in all(context) {
            router.on(route.method, route.pattern, maxBodyBytes: route.maxBodyBytes) { request, parameters in
                await answer(route, request, parameters, context)
            }
        }
        return router
    }

    /// The identifier of the request that the present task answers.
    @TaskLocal private static var requestID = ""

    /// Answers a request, whether there is a route for it or not, with its identifier.
    static func handle(
        _ http: HTTPRequest, by router: HTTPRouter, _ context: APIContext
    ) async -> HTTPResponse {
        let requestID = requestID(of: http, context)
        var response = await $requestID.withValue(requestID) { await router.handle(http) }
        response.headers.add("X-Request-Id", requestID)
        return response
    }

    private static func answer(
        _ route: Route, _ http: HTTPRequest, _ parameters: HTTPParameters, _ context: APIContext
    ) async -> HTTPResponse {
        let request = APIRequest(http: http, parameters: parameters)
        let began = ContinuousClock.now
        let response: HTTPResponse
        var refusal: LonghaulError?
        do {
            if route.changesSomething { try OtherSites.refuse(http) }
            if route.pattern.hasPrefix("/v1/") { try request.check(route.query) }
            response = try await route.handler(request)
        } catch {
            let problem = problem(of: error)
            response = Answer.problem(problem, instance: http.path)
            refusal = problem
            tell(problem, of: request, context)
        }
        context.metrics.record(
            route, status: response.status, seconds: (ContinuousClock.now - began) / .seconds(1),
            refusal: refusal?.code)
        return response
    }

    /// Tells of an answer that is the server's own fault.
    private static func tell(_ problem: LonghaulError, of request: APIRequest, _ context: APIContext) {
        guard problem.code == .internal || problem.code == .unavailable else { return }
        var note = Note(
            "\(request.http.method) \(request.http.path) was answered \(problem.code.rawValue): \(problem.detail)",
            level: problem.code == .internal ? .error : .warning)
        note.requestID = requestID
        note.trace = request.traceparent.flatMap { TraceContext(traceparent: $0) }
        context.configuration.note(note)
    }

    private static func problem(of error: any Error) -> LonghaulError {
        switch error {
        case let error as LonghaulError: error
        case is CancellationError: LonghaulError(.unavailable, "the server is stopping")
        default: LonghaulError(.internal, "\(error)")
        }
    }

    /// The caller's own identifier of the request if it is printable and short, or a new one.
    private static func requestID(of http: HTTPRequest, _ context: APIContext) -> String {
        if let given = http.headers["X-Request-Id"], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        {
            return given
        }
        return context.engine.newIdentifier().description
    }
}
