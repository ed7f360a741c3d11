import LonghaulCore
import LonghaulStore

extension TextCoding {
    /// Labels that a job needs: equal maps make equal text, and none the empty text.
    static func encode(labels: [String: String]) -> String {
        labels.isEmpty ? "" : encode(labels)
    }

    static func labels(_ text: String) throws -> [String: String] {
        text.isEmpty ? [:] : try map(text)
    }

    /// A backoff's five settings, separated by spaces; nil for the usual one.
    static func encode(_ backoff: Backoff) -> String? {
        guard backoff != usualBackoff else { return nil }
        return
            "\(backoff.growth.rawValue) \(backoff.initialSeconds) \(backoff.factor) \(backoff.maxSeconds) "
            + "\(backoff.jitter)"
    }

    static func backoff(_ text: String) throws -> Backoff {
        let parts = text.split(separator: " ")
        let numbers = parts.dropFirst().compactMap { Double($0) }
        guard numbers.count == 4, let growth = parts.first.flatMap({ Backoff.Growth(rawValue: String($0)) })
        else { throw DatabaseError(corrupt: "no backoff: \(text)") }
        return Backoff(
            growth: growth, initialSeconds: numbers[0], factor: numbers[1], maxSeconds: numbers[2],
            jitter: numbers[3])
    }

    /// What no text stands for. Written out, as a change of the API's defaults must not change stored jobs.
    private static let usualBackoff = Backoff(
        growth: .exponential, initialSeconds: 1, factor: 2, maxSeconds: 600, jitter: 0.2)

    /// The backoff of a column that may be empty.
    static func backoff(orUsual text: String?) throws -> Backoff {
        try text.map(backoff) ?? usualBackoff
    }
}
