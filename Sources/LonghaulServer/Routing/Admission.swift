import LonghaulCore
import LonghaulHTTP

/// Decides on the head of a request, before its body is read, whether it is served at all.
struct Admission: Sendable {
    private let context: APIContext
    private let rates: RequestRates?

    init(_ context: APIContext) {
        self.context = context
        let rate = context.configuration.requestsPerSecond
        rates = rate > 0 ? RequestRates(perSecond: rate) : nil
    }

    /// The answer to a request that is refused; nil for one that is served.
    func problem(for request: HTTPRequest, on connection: HTTPConnectionClass) -> HTTPResponse? {
        do throws(LonghaulError) {
            try OtherSites.refuseOtherHosts(request)
            try checkReserve(request, connection)
            try checkEncoding(request)
            try checkRate(request)
            return nil
        } catch {
            context.metrics.recordRejection(error.code, isSubmission: Self.isSubmission(request))
            var response = Answer.problem(error, instance: RequestPath.redacted(request))
            response.headers.add("X-Request-Id", Routes.requestID(of: request, context))
            SecurityHeaders.add(to: &response.headers, isSecure: request.isSecure)
            return response
        }
    }

    /// On connections beyond the limits only those requests are served that keep the system alive.
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
            context.configuration.http.counters.recordFullConnections()
            throw LonghaulError(
                .systemBusy, "there are too many connections; close idle ones, or use fewer",
                retryAfterSeconds: 1)
        }
    }

    private func checkEncoding(_ request: HTTPRequest) throws(LonghaulError) {
        for encoding in request.headers.values("Content-Encoding")
        where !encoding.isEmpty && encoding.lowercased() != "identity" {
            throw LonghaulError(
                .unsupportedMediaType,
                "the body has the encoding \"\(encoding.prefix(80))\"; send it without Content-Encoding")
        }
    }

    private func checkRate(_ request: HTTPRequest) throws(LonghaulError) {
        guard let rates, !Self.isHealth(request), !Self.isWorker(request) else { return }
        guard let seconds = rates.secondsToWait(request.remoteAddress ?? "") else { return }
        throw LonghaulError(
            .rateLimited, "more than \(rates.perSecond) requests per second from this address",
            retryAfterSeconds: seconds)
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
