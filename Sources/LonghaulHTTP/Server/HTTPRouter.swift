/// Finds the handler of a request by its method and path.
///
/// A pattern such as `/v1/jobs/{id}` has literal segments, which match themselves, and parameters, which match any
/// segment that is not empty. A literal takes precedence over a parameter, independent of its methods. The GET handler
/// answers HEAD, and the router answers OPTIONS with `204` and `Allow`, unless they have their own handlers.
public struct HTTPRouter: Sendable {
    /// The handler of a route.
    public typealias Handler = @Sendable (HTTPRequest, HTTPParameters) async throws -> HTTPResponse

    /// A declared route.
    public struct Route: Sendable, Hashable {
        /// The method, such as `GET`.
        public let method: String
        /// The pattern, such as `/v1/jobs/{id}`.
        public let pattern: String

        /// A route of this method and pattern.
        public init(method: String, pattern: String) {
            self.method = method
            self.pattern = pattern
        }
    }

    /// The handler of a method and a pattern.
    final class Endpoint: Sendable {
        let route: Route
        let names: [String]
        let maxBodyBytes: Int?
        let handler: Handler

        init(route: Route, names: [String], maxBodyBytes: Int?, handler: @escaping Handler) {
            self.route = route
            self.names = names
            self.maxBodyBytes = maxBodyBytes
            self.handler = handler
        }
    }

    /// All routes, in the order of declaration.
    public private(set) var routes: [Route] = []
    private var root = RouteNode()
    private let errorResponse: @Sendable (HTTPRequest, _ status: Int, _ detail: String) -> HTTPResponse
    private let failure: @Sendable (HTTPRequest, any Error) -> HTTPResponse?

    /// Creates a router without routes.
    ///
    /// - Parameters:
    ///   - errorResponse: creates the answers 404 and 405 (the router adds `Allow`), and 413 and 500 for handlers that
    ///     throw.
    ///   - failure: creates the answer to an error of a handler. If it returns nil, the router answers 413 to
    ///     ``HTTPBodyError/tooLarge(limit:)`` and 500 to any other error.
    public init(
        errorResponse: @escaping @Sendable (HTTPRequest, _ status: Int, _ detail: String) -> HTTPResponse = {
            .text($1, $2 + "\n")
        },
        failure: @escaping @Sendable (HTTPRequest, any Error) -> HTTPResponse? = { _, _ in nil }
    ) {
        self.errorResponse = errorResponse
        self.failure = failure
    }

    /// Declares a route. A second declaration of the same route traps.
    ///
    /// - Parameters:
    ///   - maxBodyBytes: the maximum size of a body, for ``bodyLimit(of:)``.
    ///   - handler: answers the requests.
    public mutating func on(
        _ method: String, _ pattern: String, maxBodyBytes: Int? = nil, _ handler: @escaping Handler
    ) {
        precondition(pattern.hasPrefix("/"), "A pattern starts with a slash: \(pattern)")
        var names: [String] = []
        let segments =
            pattern == "/" ? [] : pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let parts: [String?] = segments.map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return String(segment) }
            names.append(String(segment.dropFirst().dropLast()))
            return nil
        }
        let route = Route(method: method, pattern: pattern)
        let endpoint = Endpoint(route: route, names: names, maxBodyBytes: maxBodyBytes, handler: handler)
        let isNew = root.insert(endpoint, method: method, parts[...])
        precondition(isNew, "Declared twice: \(method) \(pattern)")
        routes.append(route)
    }

    /// Answers a request with its route, or with 404, 405 or `Allow`.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse {
        var allowed = Set<String>()
        guard let (endpoint, values) = find(request, &allowed) else {
            return unrouted(request, allowed)
        }
        do {
            return try await endpoint.handler(request, HTTPParameters(names: endpoint.names, values: values))
        } catch {
            if let response = failure(request, error) { return response }
            if case HTTPBodyError.tooLarge(let limit) = error {
                return errorResponse(request, 413, "The body is longer than \(limit) bytes.")
            }
            return errorResponse(request, 500, "The request could not be handled.")
        }
    }

    /// The declared body limit of a request's route; nil if there is no limit or no route. For
    /// ``HTTPServerConfiguration/maxBodyBytes``.
    public func bodyLimit(of request: HTTPRequest) -> Int? {
        var allowed = Set<String>()
        return find(request, &allowed)?.endpoint.maxBodyBytes
    }

    /// The declared route of a request; nil if there is none.
    public func route(of request: HTTPRequest) -> Route? {
        var allowed = Set<String>()
        return find(request, &allowed)?.endpoint.route
    }

    /// The endpoint of a request with its parameter values, or else the allowed methods.
    private func find(
        _ request: HTTPRequest, _ allowed: inout Set<String>
    ) -> (endpoint: Endpoint, values: [String])? {
        guard request.path != "*" else {
            allowed.formUnion(routes.lazy.map(\.method))
            return nil
        }
        var values: [String] = []
        if let endpoint = root.find(request.method, request.segments[...], &values, &allowed) {
            return (endpoint, values)
        }
        guard request.method == "HEAD", allowed.contains("GET") else { return nil }
        return root.find("GET", request.segments[...], &values, &allowed).map { ($0, values) }
    }

    private func unrouted(_ request: HTTPRequest, _ allowed: Set<String>) -> HTTPResponse {
        guard !allowed.isEmpty else {
            return errorResponse(request, 404, "There is nothing at \(request.path).")
        }
        let methods = allowed.union(allowed.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"])
        let allow = methods.sorted().joined(separator: ", ")
        guard request.method != "OPTIONS" else {
            return HTTPResponse(status: 204, headers: ["Allow": allow])
        }
        var response = errorResponse(request, 405, "\(request.method) is not among the methods: \(allow).")
        response.headers["Allow"] = allow
        return response
    }
}

/// The parameters of a matched route.
public struct HTTPParameters: Sendable {
    let names: [String]
    let values: [String]

    /// The value of a parameter; empty if the pattern has no parameter of this name.
    public subscript(name: String) -> String {
        names.firstIndex(of: name).map { values[$0] } ?? ""
    }
}

/// The routes below one segment.
private struct RouteNode: Sendable {
    private var literals: [String: RouteNode] = [:]
    /// The routes below a parameter; at most one element.
    private var parameter: [RouteNode] = []
    private var endpoints: [String: HTTPRouter.Endpoint] = [:]

    /// Adds an endpoint. A nil segment is a parameter. Returns false if the endpoint exists.
    mutating func insert(_ endpoint: HTTPRouter.Endpoint, method: String, _ parts: ArraySlice<String?>)
        -> Bool
    {
        guard let part = parts.first else {
            return endpoints.updateValue(endpoint, forKey: method) == nil
        }
        if let literal = part {
            return literals[literal, default: RouteNode()]
                .insert(endpoint, method: method, parts.dropFirst())
        }
        if parameter.isEmpty { parameter.append(RouteNode()) }
        return parameter[0].insert(endpoint, method: method, parts.dropFirst())
    }

    /// The endpoint of a method and path; its parameters' values, or else the methods of the path, are added.
    func find(
        _ method: String, _ segments: ArraySlice<String>, _ values: inout [String],
        _ allowed: inout Set<String>
    ) -> HTTPRouter.Endpoint? {
        guard let segment = segments.first else {
            if let endpoint = endpoints[method] { return endpoint }
            allowed.formUnion(endpoints.keys)
            return nil
        }
        if let literal = literals[segment] {
            if let endpoint = literal.find(method, segments.dropFirst(), &values, &allowed) {
                return endpoint
            }
            // The literal path is a separate resource without this method.
            if !allowed.isEmpty { return nil }
        }
        guard let node = parameter.first, !segment.isEmpty else { return nil }
        values.append(segment)
        if let endpoint = node.find(method, segments.dropFirst(), &values, &allowed) { return endpoint }
        values.removeLast()
        return nil
    }
}
