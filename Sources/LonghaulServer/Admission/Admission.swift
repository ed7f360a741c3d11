import LonghaulCore
import LonghaulHTTP

/// Decides from the head of a request whether to serve it, before the body is read.
struct Admission: Sendable {
    private let context: APIContext
    private let rates: RequestRates?

    init(_ context: APIContext) {
        self.context = context
        let rate = context.configuration.requestsPerSecond
        rates = rate > 0 ? RequestRates(perSecond: rate) : nil
    }

    /// The problem that rejects a request; nil to serve the request.
    func problem(for request: HTTPRequest, on connection: HTTPConnectionClass) -> HTTPResponse? {
        do throws(LonghaulError) {
            try OtherSites.refuseOtherHosts(request)
            try checkReserve(request, connection)
            try checkAnswerMemory(request)
            try checkEncoding(request)
            try checkRate(request)
            return nil
        } catch {
            context.metrics.recordRejection(error.code, isSubmission: Self.isSubmission(request))
            return Answer.problem(error, instance: RequestPath.redacted(request))
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

    private func checkRate(_ request: HTTPRequest) throws(LonghaulError) {
        guard let rates, !Self.isHealth(request), !Self.isWorker(request) else { return }
        guard let seconds = rates.secondsToWait(request.remoteAddress ?? "") else { return }
        throw LonghaulError(
            .rateLimited, "more than \(rates.perSecond) requests per second from this address",
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
