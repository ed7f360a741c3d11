/// The settings of traces in the environment variables of OpenTelemetry, as its specification defines them.
///
/// An empty variable is not set. A variable with an invalid value is ignored, with a warning that does not contain the value.
public struct TracingEnvironment: Sendable {
    /// Whether `OTEL_SDK_DISABLED` or `OTEL_TRACES_EXPORTER=none` turns traces off.
    public private(set) var isDisabled = false
    /// The collector, without `/v1/traces`: `OTEL_EXPORTER_OTLP_ENDPOINT`.
    public private(set) var endpoint: String?
    /// The URL that receives spans, in place of that of ``endpoint``: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    public private(set) var tracesEndpoint: String?
    /// Header fields of each request, such as the key of a hosted collector: `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, else
    /// `OTEL_EXPORTER_OTLP_HEADERS`. They are secrets.
    public private(set) var headers: [String: String] = [:]
    /// The timeout of a request, in seconds: `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, else `OTEL_EXPORTER_OTLP_TIMEOUT`.
    public private(set) var timeoutSeconds: Double?
    /// The attributes of the process: `OTEL_RESOURCE_ATTRIBUTES`, and `service.name` from `OTEL_SERVICE_NAME`.
    public private(set) var resource: [String: String] = [:]
    /// What is ignored, and why.
    public private(set) var warnings: [String] = []

    /// Reads the variables.
    ///
    /// - Parameter variable: the value of a variable; nil if it is not set.
    public init(_ variable: (String) -> String?) {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        /// The first of these variables that is set.
        func first(_ names: String...) -> (name: String, text: String)? {
            for name in names { if let text = value(name) { return (name, text) } }
            return nil
        }
        readSwitches(value)
        endpoint = value("OTEL_EXPORTER_OTLP_ENDPOINT")
        tracesEndpoint = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        if let (name, text) = first("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS") {
            readHeaders(name, text)
        }
        if let (name, text) = first("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT") {
            readTimeout(name, text)
        }
        if let text = value("OTEL_RESOURCE_ATTRIBUTES") {
            if let pairs = Self.pairs(in: text) {
                resource = Dictionary(pairs) { _, last in last }
            } else {
                warn("OTEL_RESOURCE_ATTRIBUTES", "expected NAME=VALUE,… with percent-encoded values")
            }
        }
        if let name = value("OTEL_SERVICE_NAME") { resource["service.name"] = name }
    }

    private mutating func readSwitches(_ value: (String) -> String?) {
        if let text = value("OTEL_SDK_DISABLED") {
            isDisabled = text.lowercased() == "true"
            if !isDisabled, text.lowercased() != "false" {
                warn("OTEL_SDK_DISABLED", "expected true or false")
            }
        }
        if let text = value("OTEL_TRACES_EXPORTER"), text != "otlp" {
            if text == "none" {
                isDisabled = true
            } else {
                warn("OTEL_TRACES_EXPORTER", "expected otlp or none")
            }
        }
        let protocols = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]
        if let name = protocols.first(where: { value($0) != nil }), value(name) != "http/json" {
            warn(name, "spans are sent by http/json only")
        }
    }

    private mutating func readHeaders(_ name: String, _ text: String) {
        guard let pairs = Self.pairs(in: text),
            pairs.allSatisfy({ Self.isToken($0) && $1.utf8.allSatisfy { $0 >= 32 && $0 != 127 } })
        else { return warn(name, "expected NAME=VALUE,… with percent-encoded values") }
        headers = Dictionary(pairs) { _, last in last }
    }

    private mutating func readTimeout(_ name: String, _ text: String) {
        guard let milliseconds = Int(text), (1...86_400_000).contains(milliseconds) else {
            return warn(name, "expected a number of milliseconds")
        }
        timeoutSeconds = Double(milliseconds) / 1000
    }

    private mutating func warn(_ name: String, _ expected: String) {
        warnings.append("\(name) is ignored: \(expected)")
    }
}

extension TracingEnvironment {
    /// The pairs of a list in the format of W3C Baggage without properties; nil if one is invalid.
    static func pairs(in text: String) -> [(String, String)]? {
        var pairs: [(String, String)] = []
        for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let part = trimmed(part)
            // A comma at the end is common, and harmless.
            if part.isEmpty { continue }
            guard let mark = part.firstIndex(of: UInt8(ascii: "=")),
                let name = decoded(trimmed(part[..<mark])), !name.isEmpty,
                let value = decoded(trimmed(part[part.index(after: mark)...]))
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text = text.dropLast() }
        return text
    }

    /// The text of percent-encoded bytes; nil if an escape or the text is invalid.
    private static func decoded(_ text: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(Substring(rest.prefix(2)))
            guard digits.utf8.count == 2, digits.utf8.first != UInt8(ascii: "+"),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Whether a text is a name of a header field.
    private static func isToken(_ text: String) -> Bool {
        let others = "!#$%&'*+-.^_`|~".utf8
        return !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: others.contains(byte)
                }
            }
    }
}
