import LonghaulCore
import LonghaulEngine
import LonghaulHTTP

/// Declares the routes of the API, and orders the steps of a request.
///
/// 1. The head arrives: ``rejection(of:on:)`` checks it on the serving thread, with the API key, before the body is read.
/// 2. The body arrives: ``maxBodyBytes(of:)`` is its limit.
/// 3. ``handle(_:)`` finds the route. A request without a route is answered by ``unrouted(_:_:_:)``, one of the dashboard by
///    ``DashboardRoutes``, one of the API by ``answer(_:_:to:_:)``.
/// 4. ``answer(_:_:to:_:)`` finds the caller, rejects requests of other sites, checks the query, and runs the handler of the route. It turns an
///    error into a problem, logs it, and counts the answer.
/// 5. ``finish(_:_:to:)`` adds the ID of the request and the security headers to the answer.
///
/// Requests of the AWS protocol take the same steps in ``ServiceEndpoint``, with AWS's signatures and errors.
struct APIRouter: Sendable {
    /// All routes of the API, in the order of the document.
    let routes: [Route]
    private let context: APIContext
    private let admission: Admission
    private let router: HTTPRouter
    private let routesByPattern: [HTTPRouter.Route: Route]
    /// The endpoint of Step Functions; nil for none.
    private let services: ServiceEndpoint?

    /// - Parameter performer: performs the operations of Step Functions; nil for a server without state machines.
    init(_ context: APIContext, performer: (any OperationPerformer)? = nil) {
        let groups: [any RouteGroup.Type] = [
            SubmitRoutes.self, JobRoutes.self, DeadLetterRoutes.self, ScheduleRoutes.self, EventRoutes.self,
            LogRoutes.self, WebhookRoutes.self, ArtifactRoutes.self, QueueRoutes.self, RoutingRoutes.self,
            LeaseRoutes.self,
            BulkRoutes.self, AttemptRoutes.self, JournalRoutes.self, DurableJobRoutes.self, SignalRoutes.self,
            StateMachineRoutes.self, ExecutionRoutes.self, KeyRoutes.self,
            AuditRoutes.self, SessionRoutes.self, HealthRoutes.self,
            WatchRoutes.self,
        ]
        let described = groups.flatMap { $0.init(context: context).routes }
        let routes = described + [OpenAPIDocument.route(described, version: context.configuration.version)]
        let dashboard = DashboardRoutes(files: .embedded)
        var router = HTTPRouter { Self.unrouted($0, $1, $2, dashboard) }
        dashboard.add(to: &router)
        for route in routes {
            router.on(route.method, route.pattern, maxBodyBytes: route.maxBodyBytes) { request, parameters in
                await Self.answer(request, parameters, to: route, context)
            }
        }
        let admission = Admission(context)
        let services = performer.map { ServiceEndpoint($0, context, admission) }
        if let services {
            router.on("POST", "/", maxBodyBytes: ServiceEndpoint.maxBodyBytes) { request, parameters in
                await services.answer(request, parameters)
            }
        }
        self.services = services
        self.routes = routes
        let declared = routes.map { (HTTPRouter.Route(method: $0.method, pattern: $0.pattern), $0) }
        routesByPattern = Dictionary(uniqueKeysWithValues: declared)
        self.context = context
        self.router = router
        self.admission = admission
    }

    /// The answer that rejects a request because of its head; nil to serve the request.
    func rejection(of request: HTTPRequest, on connection: HTTPConnectionClass) -> HTTPResponse? {
        let answer: HTTPResponse?
        if ServiceEndpoint.receives(request), let services {
            answer = services.rejection(of: request, on: connection)
        } else {
            let route = router.route(of: request).flatMap { routesByPattern[$0] }
            answer = admission.problem(for: request, on: connection, to: route)
        }
        return answer.map { finish($0, RequestID.of(request, context.engine), to: request) }
    }

    /// The maximum size of the body of a request. One without a route is answered 404 or 405, not 413.
    func maxBodyBytes(of request: HTTPRequest) -> Int {
        router.bodyLimit(of: request) ?? APIRequest.maxJSONBytes
    }

    /// Answers a request that was admitted.
    func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let id = RequestID.of(request, context.engine)
        if let answer = context.crossOrigin.preflightAnswer(to: request) {
            return finish(answer, id, to: request)
        }
        let response = await RequestID.$current.withValue(id) { await router.handle(request) }
        return finish(response, id, to: request)
    }

    /// The answer to a request that the HTTP server rejects. Its head may be malformed, so it gets a new ID.
    func problem(ofServer status: Int, _ detail: String) -> HTTPResponse {
        var response = Answer.problem(ofServer: status, detail)
        RequestID.add(RequestID.new(context.engine), to: &response.headers)
        SecurityHeaders.add(to: &response.headers)
        return response
    }

    private func finish(_ response: HTTPResponse, _ id: String, to request: HTTPRequest) -> HTTPResponse {
        var response = response
        response.headers.reserveCapacity(response.headers.fields.count + 8)
        RequestID.add(id, to: &response.headers)
        if ServiceEndpoint.receives(request), services != nil {
            ServiceAnswer.add(requestID: id, to: &response.headers)
        }
        context.crossOrigin.add(to: &response.headers, for: request)
        SecurityHeaders.add(to: &response.headers)
        SecurityHeaders.addStrictTransport(
            to: &response.headers, request, seconds: context.configuration.strictTransportSeconds)
        return response
    }

    private static func unrouted(
        _ request: HTTPRequest, _ status: Int, _ detail: String, _ dashboard: DashboardRoutes
    ) -> HTTPResponse {
        if status == 404, let page = dashboard.missingPage(request) { return page }
        let path = RequestPath.redacted(request)
        return Answer.problem(ofServer: status, detail.replacing(request.path, with: path), instance: path)
    }

    private static func answer(
        _ http: HTTPRequest, _ parameters: HTTPParameters, to route: Route, _ context: APIContext
    ) async -> HTTPResponse {
        let began = ContinuousClock.now
        let response: HTTPResponse
        var code: LonghaulError.Code?
        do {
            // The admission has checked the caller. The key may have ended since then.
            let caller = try Authorization(context).caller(of: http, to: route)
            let request = APIRequest(http, by: caller, parameters, maxBodyBytes: route.maxBodyBytes)
            // A page of another site does not know the token, and needs no browser if it does.
            if route.changesSomething, route.access != .signalToken {
                try OtherSites.refuse(http, context.crossOrigin)
            }
            if route.pattern.hasPrefix("/v1/") { try request.check(route.query) }
            response = try await answer(request, to: route)
        } catch {
            if hasDisconnected(error), !context.held.isInterrupted {
                response = Answer.empty(clientClosedRequest)
            } else {
                let problem = problem(of: error)
                response = Answer.problem(problem, instance: RequestPath.redacted(http))
                code = problem.code
                log(problem, of: http, to: route, context)
            }
        }
        context.metrics.record(
            route, status: response.status, seconds: (ContinuousClock.now - began) / .seconds(1),
            problem: code)
        return response
    }

    /// Runs the handler of a route. Changes have the caller as their source, for the audit log.
    private static func answer(_ request: APIRequest, to route: Route) async throws -> HTTPResponse {
        guard route.isAudited else { return try await route.handler(request) }
        return try await AuditSource.$current.withValue(AuditSource(of: request)) {
            try await route.handler(request)
        }
    }

    /// The status of a request whose client disconnected before the answer. It is counted, but never sent.
    static let clientClosedRequest = 499

    /// Whether the client has closed its connection. The handler's task is cancelled then.
    static func hasDisconnected(_ error: any Error) -> Bool {
        Task.isCancelled || error as? HTTPBodyError == .disconnected
    }

    private static func problem(of error: any Error) -> LonghaulError {
        switch error {
        case let error as LonghaulError: error
        case is CancellationError:
            LonghaulError(.unavailable, "the server interrupted the call; retry it")
        default: LonghaulError(.internal, "\(error)")
        }
    }

    /// Logs an answer that reports an internal error. It names the route, because the path may contain a lease token.
    private static func log(
        _ problem: LonghaulError, of request: HTTPRequest, to route: Route, _ context: APIContext
    ) {
        guard problem.code == .internal || problem.code == .unavailable else { return }
        var note = Note(
            "\(route.method) \(route.pattern) was answered \(problem.code.rawValue): \(problem.detail)",
            level: problem.code == .internal ? .error : .warning)
        note.requestID = RequestID.current
        note.trace = request.headers["traceparent"].flatMap { TraceContext(traceparent: $0) }
        context.configuration.note(note)
    }
}
