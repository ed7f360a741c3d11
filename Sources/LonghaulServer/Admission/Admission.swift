import LonghaulCore
import LonghaulHTTP

/// Decides from the head of a request whether to serve it, before the body is read.
struct Admission: Sendable {
    private let context: APIContext
    private let rates: RequestRates?
    private let authorization: Authorization
    private let allowedHosts: Set<String>

    init(_ context: APIContext) {
        self.context = context
        let rate = context.configuration.requestsPerSecond
        rates = rate > 0 ? RequestRates(perSecond: rate) : nil
        authorization = Authorization(context)
        allowedHosts = Set(context.configuration.allowedHosts.map { $0.lowercased() })
    }

    /// The problem that rejects a request; nil to serve the request.
    ///
    /// - Parameter route: the route of the request; nil if there is none.
    func problem(
        for request: HTTPRequest, on connection: HTTPConnectionClass, to route: Route?
    ) -> HTTPResponse? {
        do throws(LonghaulError) {
            try checkHost(request, route)
            try check(request, on: connection, by: try caller(of: request, to: route))
            return nil
        } catch {
            context.metrics.recordRejection(error.code, isSubmission: Self.isSubmission(request))
            return Answer.problem(error, instance: RequestPath.redacted(request))
        }
    }

    /// Checks everything but the host and the caller of a request.
    func check(
        _ request: HTTPRequest, on connection: HTTPConnectionClass, by caller: Caller
    ) throws(LonghaulError) {
        try checkReserve(request, connection)
        try checkAnswerMemory(request)
        try checkEncoding(request)
        try checkRate(request, of: caller)
    }

    /// Checks the host of a request.
    ///
    /// - Parameter route: the route of the request; nil if there is none.
    func checkHost(_ request: HTTPRequest, _ route: Route?) throws(LonghaulError) {
        guard context.keys.isRequired else { return try OtherSites.refuseOtherHosts(request, .loopback) }
        // A probe addresses the server by the address of its machine, and learns only that the process runs.
        if case .open? = route?.access { return }
        try OtherSites.refuseOtherHosts(request, allowedHosts.isEmpty ? .any : .listed(allowedHosts))
    }

    /// The caller of a request. Refused requests count towards the rate of their address.
    private func caller(of request: HTTPRequest, to route: Route?) throws(LonghaulError) -> Caller {
        if context.crossOrigin.preflightAnswer(to: request) != nil { return .anonymous }
        do throws(LonghaulError) {
            return try authorization.caller(of: request, to: route)
        } catch {
            if error.code == .unauthorized { try checkRate(ofAddressIn: request) }
            throw error
        }
    }

    /// Connections beyond the limits may send only requests that keep the system running.
    private func checkReserve(
        _ request: HTTPRequest, _ connection: HTTPConnectionClass
    ) throws(LonghaulError) {
        let isServed =
            switch connection {
            case .ordinary: true
            case .reserved: Self.isHealth(request) || Self.isWorker(request)
            case .lastReserve: Self.isHealth(request)
            }
        guard isServed else {
            context.configuration.http.counters.recordRejection(.connections)
            throw LonghaulError(
                .systemBusy, "there are too many connections; close idle ones, or use fewer",
                retryAfterSeconds: 1)
        }
    }

    /// Refuses a request that changes state while the answers in memory have reached their maximum: after its handler has run,
    /// the server must send the answer whatever its size. Heartbeats are exempt, because leases depend on them.
    private func checkAnswerMemory(_ request: HTTPRequest) throws(LonghaulError) {
        let http = context.configuration.http
        guard http.counters.answerBytes >= http.maxAnswerMemoryBytes, Self.changesSomething(request),
            request.path != "/v1/leases/heartbeat"
        else { return }
        http.counters.recordRejection(.answerMemory)
        throw LonghaulError(
            .systemBusy,
            "clients have not read \(http.counters.answerBytes) bytes of answers, and the maximum is "
                + "\(http.maxAnswerMemoryBytes); read answers faster, or request less at once",
            retryAfterSeconds: 1)
    }

    private func checkEncoding(_ request: HTTPRequest) throws(LonghaulError) {
        for encoding in request.headers.values("Content-Encoding")
        where !encoding.isEmpty && encoding.lowercased() != "identity" {
            throw LonghaulError(
                .unsupportedMediaType,
                "the body has the encoding \"\(encoding.prefix(80))\"; send it without Content-Encoding")
        }
    }

    private func checkRate(_ request: HTTPRequest, of caller: Caller) throws(LonghaulError) {
        guard !Self.isHealth(request), !Self.isWorker(request) else { return }
        guard let id = caller.keyID else { return try checkRate(ofAddressIn: request) }
        try checkRate("key \(id)", "with this API key")
    }

    /// Counts a request of a caller who is not known.
    func checkRate(ofAddressIn request: HTTPRequest) throws(LonghaulError) {
        try checkRate(request.remoteAddress ?? "", "from this address")
    }

    private func checkRate(_ source: String, _ name: String) throws(LonghaulError) {
        guard let rates, let seconds = rates.secondsToWait(source) else { return }
        throw LonghaulError(
            .rateLimited, "more than \(rates.perSecond) requests per second \(name)",
            retryAfterSeconds: seconds)
    }

    private static func changesSomething(_ request: HTTPRequest) -> Bool {
        request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS"
    }

    private static func isHealth(_ request: HTTPRequest) -> Bool {
        request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics"
    }

    private static func isWorker(_ request: HTTPRequest) -> Bool {
        request.segments.count >= 2 && request.segments[0] == "v1" && request.segments[1] == "leases"
    }

    private static func isSubmission(_ request: HTTPRequest) -> Bool {
        request.method == "POST" && (request.path == "/v1/jobs" || request.path == "/v1/jobs/batch")
    }
}
