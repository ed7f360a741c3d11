import LonghaulCore
import LonghaulJSON

/// What a parameter of a query or path holds. The document tells it, and the server checks by the same rule.
indirect enum ParameterSchema: Sendable {
    /// Text, with a regular expression for the document, and what makes it good.
    case text(pattern: String? = nil, maxLength: Int? = nil)
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    case time
    case uuid
    case choice([String])
    /// A parameter that may be given several times.
    case list(ParameterSchema)

    /// Whether it may be given more than once.
    var isList: Bool {
        if case .list = self { true } else { false }
    }

    /// As JSON Schema.
    var schema: Schema {
        switch self {
        case .text(let pattern, let maxLength):
            Schema.string(maxLength.map { 0...$0 }, pattern: pattern)
        case .integer(let range): .integer(range)
        case .number(let range): .number(range)
        case .boolean: .boolean
        case .time: .givenTime
        case .uuid: .uuid
        case .choice(let words): .choice(words)
        case .list(let items): .list(items.schema)
        }
    }

    /// What a value must be, where it is not; nil if it is. Text is left to what reads it.
    func expectation(of text: String) -> String? {
        switch self {
        case .text, .time, .uuid: nil
        case .integer(let range):
            Self.isInteger(text) && Int(text).map(range.contains) ?? false
                ? nil : "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            Self.isNumber(text) && Double(text).map(range.contains) ?? false
                ? nil : "a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
        case .boolean: text == "true" || text == "false" ? nil : "true or false"
        case .choice(let words):
            words.contains(text) ? nil : "one of " + words.joined(separator: ", ")
        case .list(let items): items.expectation(of: text)
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// Whether the text is a number of JSON: no `inf`, no hexadecimal digits.
    private static func isNumber(_ text: String) -> Bool {
        (try? JSONDocument(parsing: Array(text.utf8)))?.root.kind == .number
    }

    private static func plain(_ value: Double) -> String {
        String(decoding: Schema.text(value).bytes, as: UTF8.self)
    }
}
