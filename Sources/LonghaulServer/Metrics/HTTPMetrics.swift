import LonghaulCore
import LonghaulEngine
import Synchronization

/// Measures the answers of the API, by route and status, and counts the submissions that were refused.
final class HTTPMetrics: Sendable {
    private struct Key: Hashable {
        var operation: String
        var status: Int
    }

    private struct Answers {
        let route: Route
        var times = Histogram(bounds: Histogram.answerBounds)
    }

    private struct State {
        var answers: [Key: Answers] = [:]
        var rejected: [LonghaulError.Code: Int] = [:]
    }

    /// The reasons for which a submission may be refused; each is told from the start, as nought.
    private static let reasons: [LonghaulError.Code] = [
        .invalidRequest, .forbidden, .payloadTooLarge, .unsupportedMediaType, .idempotencyKeyReused,
        .systemBusy,
        .unavailable, .internal,
    ]
    private static let submissions: Set<String> = ["submitJob", "submitBatch"]

    private let state = Mutex(State())

    /// Takes note of an answer.
    ///
    /// - Parameter refusal: why the call was refused; nil if it was not.
    func record(_ route: Route, status: Int, seconds: Double, refusal: LonghaulError.Code?) {
        state.withLock { state in
            let key = Key(operation: route.operation, status: status)
            state.answers[key, default: Answers(route: route)].times.add(seconds)
            if let refusal, Self.submissions.contains(route.operation) {
                state.rejected[refusal, default: 0] += 1
            }
        }
    }

    /// Writes what was measured.
    func write(to text: inout PrometheusText) {
        let (answers, rejected) = state.withLock { ($0.answers, $0.rejected) }
        text.begin("longhaul_submissions_rejected_total", .counter, "Calls that submit, refused, by reason.")
        for reason in Set(Self.reasons).union(rejected.keys).sorted(by: { $0.rawValue < $1.rawValue }) {
            text.value(rejected[reason] ?? 0, [("reason", reason.rawValue)])
        }
        text.begin(
            "longhaul_http_request_seconds", .histogram,
            "From the call's arrival until its answer is ready; calls that wait for something count as long.")
        let sorted = answers.sorted { ($0.key.operation, $0.key.status) < ($1.key.operation, $1.key.status) }
        for (key, answers) in sorted {
            text.value(
                answers.times,
                [
                    ("method", answers.route.method), ("route", answers.route.pattern),
                    ("status", "\(key.status)"),
                ])
        }
    }
}
