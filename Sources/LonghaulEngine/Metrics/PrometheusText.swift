/// Writes metrics in the text format of Prometheus.
public struct PrometheusText: Sendable {
    /// The type of a metric family.
    public enum Kind: String, Sendable, Hashable {
        /// A count that only increases.
        case counter
        /// A value that increases and decreases.
        case gauge
        /// Cumulative counts of durations by upper bound.
        case histogram
    }

    /// The labels of a metric in the order of the output.
    public typealias Labels = [(name: String, value: String)]

    /// The media type of the format.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The output.
    public private(set) var text = ""
    private var family = ""

    /// Creates an empty text.
    public init() {}

    /// Begins a family. The values that follow belong to it.
    public mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Adds a value of the family.
    public mutating func value(_ value: Double, _ labels: Labels = []) {
        line("", labels, value)
    }

    /// Adds a count of the family.
    public mutating func value(_ value: Int, _ labels: Labels = []) {
        line("", labels, Double(value))
    }

    /// Adds a histogram of the family.
    public mutating func value(_ histogram: Histogram, _ labels: Labels = []) {
        var below = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            below += count
            line("_bucket", labels + [("le", Self.number(bound))], Double(below))
        }
        line("_bucket", labels + [("le", "+Inf")], Double(histogram.count))
        line("_sum", labels, histogram.sum)
        line("_count", labels, Double(histogram.count))
    }

    private mutating func line(_ suffix: String, _ labels: Labels, _ value: Double) {
        text += family
        text += suffix
        for (index, label) in labels.enumerated() {
            text += index == 0 ? "{" : ","
            text += label.name
            text += "=\""
            text += Self.escaped(label.value, quotes: true)
            text += "\""
        }
        text += labels.isEmpty ? " " : "} "
        text += Self.number(value)
        text += "\n"
    }

    /// A number in the text format. A whole number has no fraction.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return "\(whole)" }
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let isPlain = text.utf8.allSatisfy {
            $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\n")
        }
        if isPlain { return text }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
