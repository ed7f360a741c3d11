import LonghaulCore
import LonghaulHTTP

/// Finds the caller of a request by its head, and checks that the caller may use the route.
struct Authorization: Sendable {
    private let keys: KeyDirectory
    private let crossOrigin: CrossOrigin
    private let opensMetrics: Bool

    init(_ context: APIContext) {
        keys = context.keys
        crossOrigin = context.crossOrigin
        opensMetrics = context.configuration.openMetrics
    }

    /// The caller of a request.
    ///
    /// - Parameter route: the route; nil for a path without one, and for the files of the dashboard.
    /// - Throws: ``LonghaulError``: `unauthorized` without a valid key, `forbidden` without the scope of the route.
    func caller(of request: HTTPRequest, to route: Route?) throws(LonghaulError) -> Caller {
        guard keys.isRequired else { return .anonymous }
        let required: KeyScope?
        switch access(to: route, request) {
        case .open, .signalToken: return .anonymous
        case .monitoring where opensMetrics: return .anonymous
        case .monitoring: required = .jobsRead
        case .anyKey: required = nil
        case .scope(let scope): required = scope
        }
        // A cookie proves nothing about a page of another origin.
        let allowsCookie = crossOrigin.origin(of: request) == nil
        let caller = try keys.caller(with: Credentials(request, allowsCookie: allowsCookie))
        if let required { try caller.grant.require(required) }
        return caller
    }

    private func access(to route: Route?, _ request: HTTPRequest) -> Route.Access {
        // A caller without a key learns nothing about the paths of the API.
        route?.access ?? (request.segments.first == "v1" ? .anyKey : .open)
    }
}
