import LonghaulCore
import LonghaulJSON

extension JobFailure {
    /// The failure within the limits of a server: the length and the characters of texts, the depth of the details, and
    /// the range of the delay.
    package var reportable: JobFailure {
        var failure = self
        failure.error = error.bounded
        if failure.error.type.isEmpty { failure.error.type = "error" }
        if let fault = error.details.flatMap({ ValueRule.fault(in: $0) }) {
            failure.error.details = Self.omitted("the details \(fault)")
        }
        if let seconds = retryInSeconds {
            let isValid = seconds.isFinite && seconds >= 0
            failure.retryInSeconds = isValid ? min(seconds, FieldBounds.seconds.upperBound) : nil
        }
        return failure
    }

    /// A reduced failure without details, for a server that refused the full report.
    func plain(after problem: LonghaulError) -> JobFailure {
        let isWord = error.type.utf8.allSatisfy { $0 > 32 && $0 < 127 } && error.type.utf8.count <= 100
        let text = error.message.unicodeScalars.prefix(500).filter { !$0.isInvisibleControl }
        return JobFailure(
            type: isWord ? error.type : "error",
            message: String(String.UnicodeScalarView(text)) + " (the server refused the full error: "
                + ReportText.bounded(problem.detail, to: 500) + ")",
            retryable: error.retryable)
    }

    private static func omitted(_ reason: String) -> JSONText {
        var writer = JSONWriter()
        writer.object { $0.field("omitted", reason) }
        return writer.text
    }
}
