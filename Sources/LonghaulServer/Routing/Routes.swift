import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// The routes of the API.
enum Routes {
    /// All calls in the order of the document.
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

    /// A router of all calls and of the dashboard.
    static func router(_ context: APIContext) -> HTTPRouter {
        let dashboard = DashboardRoutes(files: .embedded)
        var router = HTTPRouter { request, status, detail in
            let page = status == 404 ? dashboard.missingPage(request) : nil
            if let page { return page }
            let path = RequestPath.redacted(request)
            return Answer.problem(
                ofServer: status, detail.replacing(request.path, with: path), instance: path)
        }
        dashboard.add(to: &router)
        for route in all(context) {
            router.on(route.method, route.pattern, maxBodyBytes: route.maxBodyBytes) { request, parameters in
                await answer(route, request, parameters, context)
            }
        }
        return router
    }

    /// The ID of the request that the current task answers.
    @TaskLocal private static var requestID = ""

    /// Answers a request and adds its ID to the answer.
    static func handle(
        _ http: HTTPRequest, by router: HTTPRouter, _ context: APIContext
    ) async -> HTTPResponse {
        let requestID = requestID(of: http, context)
        var response = await $requestID.withValue(requestID) { await router.handle(http) }
        response.headers.add("X-Request-Id", requestID)
        SecurityHeaders.add(to: &response.headers)
        return response
    }

    private static func answer(
        _ route: Route, _ http: HTTPRequest, _ parameters: HTTPParameters, _ context: APIContext
    ) async -> HTTPResponse {
        let request = APIRequest(http: http, parameters: parameters, maxBodyBytes: route.maxBodyBytes)
        let began = ContinuousClock.now
        let response: HTTPResponse
        var rejection: LonghaulError?
        do {
            if route.changesSomething { try OtherSites.refuse(http) }
            if route.pattern.hasPrefix("/v1/") { try request.check(route.query) }
            response = try await route.handler(request)
        } catch {
            if hasLeft(error), !context.held.isInterrupted {
                response = Answer.empty(clientClosedRequest)
            } else {
                let problem = problem(of: error)
                response = Answer.problem(problem, instance: RequestPath.redacted(http))
                rejection = problem
                log(problem, of: request, to: route, context)
            }
        }
        context.metrics.record(
            route, status: response.status, seconds: (ContinuousClock.now - began) / .seconds(1),
            problem: rejection?.code)
        return response
    }

    /// The status of a request whose client disconnected before the answer. It is counted, but never sent.
    private static let clientClosedRequest = 499

    /// Whether the client has closed its connection. The handler's task is cancelled then.
    private static func hasLeft(_ error: any Error) -> Bool {
        Task.isCancelled || error as? HTTPBodyError == .disconnected
    }

    /// Logs an answer that reports an internal error. It names the route, because the path may contain a lease token.
    private static func log(
        _ problem: LonghaulError, of request: APIRequest, to route: Route, _ context: APIContext
    ) {
        guard problem.code == .internal || problem.code == .unavailable else { return }
        var note = Note(
            "\(route.method) \(route.pattern) was answered \(problem.code.rawValue): \(problem.detail)",
            level: problem.code == .internal ? .error : .warning)
        note.requestID = requestID
        note.trace = request.traceparent.flatMap { TraceContext(traceparent: $0) }
        context.configuration.note(note)
    }

    private static func problem(of error: any Error) -> LonghaulError {
        switch error {
        case let error as LonghaulError: error
        case is CancellationError:
            LonghaulError(.unavailable, "the server interrupted the call; retry it")
        default: LonghaulError(.internal, "\(error)")
        }
    }

    /// The request ID of the caller if it is printable and short, else a new one.
    static func requestID(of http: HTTPRequest, _ context: APIContext) -> String {
        if let given = http.headers["X-Request-Id"], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        {
            return given
        }
        return context.engine.newIdentifier().description
    }
}
