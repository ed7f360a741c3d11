import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import Synchronization

/// Measures the answers of the API, by route and status, and counts the submissions that were refused.
final class HTTPMetrics: Sendable {
    private struct Key: Hashable {
        var operation: String
        var status: Int
    }

    /// An error of an operation of Step Functions.
    private struct ServiceErrorKey: Hashable {
        var operation: String
        var type: String
    }

    private struct Answers {
        let method: String
        /// The pattern of the route, or the target of an operation of Step Functions.
        let route: String
        var times = Histogram(bounds: Histogram.answerBounds)
    }

    private struct State {
        var answers: [Key: Answers] = [:]
        var rejected: [LonghaulError.Code: Int] = [:]
        var serviceErrors: [ServiceErrorKey: Int] = [:]
        /// Requests that were refused because of their head.
        var refused: [LonghaulError.Code: Int] = [:]
    }

    /// The reasons for which a submission may be rejected. Each is reported from the start, as 0.
    private static let reasons: [LonghaulError.Code] = [
        .invalidRequest, .unauthorized, .forbidden, .payloadTooLarge, .unsupportedMediaType,
        .idempotencyKeyReused,
        .systemBusy, .rateLimited, .misdirectedRequest, .unavailable, .internal,
    ]
    /// The codes with which requests are refused because of their head.
    private static let headRejections: [LonghaulError.Code] = [
        .misdirectedRequest, .unauthorized, .forbidden, .rateLimited, .unsupportedMediaType,
    ]
    private static let submissions: Set<String> = ["submitJob", "submitBatch"]

    private let state = Mutex(State())

    /// Counts an answer.
    ///
    /// - Parameter problem: The code of the answer if it is a problem.
    func record(_ route: Route, status: Int, seconds: Double, problem: LonghaulError.Code?) {
        state.withLock { state in
            let key = Key(operation: route.operation, status: status)
            let answers = Answers(method: route.method, route: route.pattern)
            state.answers[key, default: answers].times.add(seconds)
            if let problem, Self.submissions.contains(route.operation) {
                state.rejected[problem, default: 0] += 1
            }
        }
    }

    /// Counts an answer of an operation of Step Functions.
    ///
    /// - Parameters:
    ///   - target: the operation with its prefix: `AWSStepFunctions.StartExecution`.
    ///   - error: the type of the error; nil for a success.
    func record(target: String, status: Int, seconds: Double, error: String?) {
        state.withLock { state in
            let key = Key(operation: target, status: status)
            state.answers[key, default: Answers(method: "POST", route: target)].times.add(seconds)
            if let error {
                state.serviceErrors[ServiceErrorKey(operation: target, type: error), default: 0] += 1
            }
        }
    }

    /// Counts a request that was refused because of its head, before it reached a route.
    func recordRejection(_ code: LonghaulError.Code, isSubmission: Bool) {
        state.withLock { state in
            state.refused[code, default: 0] += 1
            if isSubmission { state.rejected[code, default: 0] += 1 }
        }
    }

    /// Writes the metrics.
    func write(_ counters: HTTPServerCounters, to text: inout PrometheusText) {
        let (answers, rejected, refused, serviceErrors) = state.withLock {
            ($0.answers, $0.rejected, $0.refused, $0.serviceErrors)
        }
        write(counters, refused, to: &text)
        text.begin("longhaul_submissions_rejected_total", .counter, "Refused submissions, by reason.")
        for reason in Set(Self.reasons).union(rejected.keys).sorted(by: { $0.rawValue < $1.rawValue }) {
            text.value(rejected[reason] ?? 0, [("reason", reason.rawValue)])
        }
        text.begin(
            "longhaul_http_request_seconds", .histogram,
            "From the arrival of a call until its answer is ready, including the time of held calls.")
        let sorted = answers.sorted { ($0.key.operation, $0.key.status) < ($1.key.operation, $1.key.status) }
        for (key, answers) in sorted {
            text.value(
                answers.times,
                [
                    ("method", answers.method), ("route", answers.route), ("status", "\(key.status)"),
                ])
        }
        write(serviceErrors, to: &text)
    }

    private func write(_ errors: [ServiceErrorKey: Int], to text: inout PrometheusText) {
        text.begin(
            "longhaul_step_functions_errors_total", .counter,
            "Errors of operations of the Step Functions API, by type.")
        let sorted = errors.sorted { ($0.key.operation, $0.key.type) < ($1.key.operation, $1.key.type) }
        for (key, count) in sorted {
            text.value(count, [("operation", key.operation), ("type", key.type)])
        }
    }

    private func write(
        _ counters: HTTPServerCounters, _ refused: [LonghaulError.Code: Int], to text: inout PrometheusText
    ) {
        text.begin("longhaul_http_connections", .gauge, "Open connections of this server.")
        text.value(counters.connections)
        text.begin(
            "longhaul_http_connections_evicted_total", .counter,
            "Idle connections that were closed to make room for new ones.")
        text.value(counters.evictedConnections)
        if let certificate = counters.certificate {
            text.begin(
                "longhaul_tls_certificate_expiry_timestamp_seconds", .gauge,
                "When the certificate of new connections of this server expires.")
            text.value(certificate.validUntil)
        }
        text.begin("longhaul_http_body_bytes", .gauge, "Bytes of request bodies in memory.")
        text.value(counters.bodyBytes)
        text.begin("longhaul_http_answer_bytes", .gauge, "Bytes of large answers in memory.")
        text.value(counters.answerBytes)
        text.begin(
            "longhaul_http_refused_total", .counter,
            "Requests and connections that were refused before they reached a route, by reason.")
        for reason in HTTPRejection.allCases {
            text.value(counters.rejections(reason), [("reason", reason.rawValue)])
        }
        for code in Self.headRejections {
            text.value(refused[code] ?? 0, [("reason", code.rawValue)])
        }
    }
}
