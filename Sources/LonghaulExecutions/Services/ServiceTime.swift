import LonghaulCore
import LonghaulHTTP
import LonghaulStates

/// Times in requests and answers. Tasks have them as RFC 3339 texts.
enum ServiceTime {
    /// A time as services that speak JSON expect it.
    static func seconds(_ value: StateValue) -> StateValue {
        guard let text = value.string, let time = Timestamp(rfc3339: text) else { return value }
        let (seconds, milliseconds) = time.milliseconds.quotientAndRemainder(dividingBy: 1000)
        return milliseconds == 0
            ? .number(.integer(seconds)) : .number(.decimal(Double(time.milliseconds) / 1000))
    }

    /// A time of an answer: seconds since 1970, or a text.
    static func text(_ value: StateValue) -> StateValue {
        if let seconds = value.number?.double {
            return .string(text(Timestamp(milliseconds: Int64(clamping: Int((seconds * 1000).rounded())))))
        }
        guard let text = value.string, let time = Timestamp(rfc3339: text) ?? httpTime(text) else {
            return value
        }
        return .string(self.text(time))
    }

    private static func httpTime(_ text: String) -> Timestamp? {
        HTTPDate.seconds(text).map { Timestamp(milliseconds: Int64($0) * 1000) }
    }

    /// Without a fraction that is zero.
    private static func text(_ time: Timestamp) -> String {
        let text = time.description
        return text.hasSuffix(".000Z") ? text.dropLast(5) + "Z" : text
    }
}
