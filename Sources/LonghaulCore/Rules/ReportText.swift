/// Texts of a worker's report, such as an error's message.
///
/// A report is never rejected because of its text. Characters that cannot be stored are replaced, and long texts are
/// cut.
public enum ReportText {
    /// The mark at the end of a cut text.
    public static let mark = " … (cut)"

    /// The text with U+FFFD instead of U+0000, and at most `limit` Unicode scalars including the mark.
    public static func bounded(_ text: String, to limit: Int) -> String {
        var text = text
        if text.utf8.contains(0) {
            var folded = String.UnicodeScalarView()
            for scalar in text.unicodeScalars { folded.append(scalar.value == 0 ? "\u{FFFD}" : scalar) }
            text = String(folded)
        }
        // A scalar has at least one byte.
        guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
        let kept = text.unicodeScalars.prefix(max(0, limit - mark.unicodeScalars.count))
        return String(String.UnicodeScalarView(kept)) + mark
    }
}

extension JobError {
    /// The maximum length of a type, in Unicode scalars.
    public static let maxTypeLength = 200
    /// The maximum length of a message, in Unicode scalars.
    public static let maxMessageLength = 10_000

    /// The error with texts that can be stored: see ``ReportText``.
    public var bounded: JobError {
        var error = self
        error.type = ReportText.bounded(type, to: Self.maxTypeLength)
        error.message = ReportText.bounded(message, to: Self.maxMessageLength)
        return error
    }
}

extension Progress {
    /// The maximum length of a message, in Unicode scalars.
    public static let maxMessageLength = 1000

    /// The progress with a message that can be stored: see ``ReportText``.
    public var bounded: Progress {
        Progress(
            percent: percent, message: message.map { ReportText.bounded($0, to: Self.maxMessageLength) })
    }
}
