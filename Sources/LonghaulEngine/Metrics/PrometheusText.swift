/// Writes metrics in Prometheus' text format.
public struct PrometheusText: Sendable {
    /// What a family of metrics is.
    public enum Kind: String, Sendable, Hashable {
        /// A count that only rises.
        case counter
        /// A value that goes up and down.
        case gauge
        /// Counts of durations, by upper bound.
        case histogram
    }

    /// A metric's labels, in the order in which they are written.
    public typealias Labels = [(name: String, value: String)]

    /// The media type of the format.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What has been written.
    public private(set) var text = ""
    private var family = ""

    /// An empty text.
    public init() {}

    /// Begins a family: what follows belongs to it until the next begins.
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

    /// A number as the format has it: a whole one without a fraction.
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
