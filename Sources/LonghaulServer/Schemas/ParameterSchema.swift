import LonghaulCore
import LonghaulJSON

/// The schema of a query parameter. The document has it as JSON Schema, and ``APIRequest/check(_:)`` checks numbers,
/// booleans and choices against it. Handlers check the texts and times that they parse.
indirect enum ParameterSchema: Sendable {
    /// Text, with a regular expression for the document only.
    case text(pattern: String)
    /// Text of these lengths with the name of its format.
    case formatted(String, ClosedRange<Int>)
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    case time
    case choice([String])
    /// A repeatable parameter.
    case list(ParameterSchema)

    /// Whether the parameter may be repeated.
    var isList: Bool {
        if case .list = self { true } else { false }
    }

    /// As JSON Schema.
    var schema: Schema {
        switch self {
        case .text(let pattern): Schema.string(pattern: pattern)
        case .formatted(let format, let lengths): Schema.string(lengths).with("format", format)
        case .integer(let range): .integer(range)
        case .number(let range): .number(range)
        case .boolean: .boolean
        case .time: .givenTime
        case .choice(let words): .choice(words)
        case .list(let items): .list(items.schema)
        }
    }

    /// The description of the valid values if this value is invalid; nil if it is valid, and for texts and times.
    func expectation(of text: String) -> String? {
        switch self {
        case .text, .formatted, .time: nil
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
