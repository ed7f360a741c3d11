import LonghaulJSON

/// An argument of a command line in a handlers file: text with references to values of the job.
///
/// `{payload}`, `{payload.a.b.0}`, `{id}`, `{attempt}`, `{kind}` and `{queue}` are references. A reference
/// may name the type of the value after a colon: `{payload.width:int}`. `{{` means `{`. Other braces are text.
struct ArgumentTemplate: Sendable, Hashable {
    /// A part of an argument.
    enum Part: Sendable, Hashable {
        case text(String)
        case reference(Reference)
    }

    /// A reference to a value of the job.
    struct Reference: Sendable, Hashable {
        /// The words between the braces.
        let text: String
        /// The path of the value: `payload` and the fields below it, or one of ``builtIn``.
        let path: [String]
        /// The required type of the value; nil for any type.
        let type: ValueType?
    }

    /// A reference that names an unknown type.
    struct UnknownType: Error, Hashable {
        let message: String
    }

    /// The references that are not part of the payload.
    static let builtIn: Set<String> = ["id", "attempt", "kind", "queue"]

    private(set) var parts: [Part] = []

    /// Reads an argument.
    init(_ argument: String) throws(UnknownType) {
        var text = ""
        var rest = argument[...]
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            let after = rest.index(after: brace)
            if rest[after...].hasPrefix("{") {
                text += "{"
                rest = rest[rest.index(after: after)...]
            } else if let close = rest[after...].firstIndex(of: "}"),
                let reference = try Self.reference(String(rest[after..<close]))
            {
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(.reference(reference))
                rest = rest[rest.index(after: close)...]
            } else {
                text += "{"
                rest = rest[after...]
            }
        }
        text += rest
        if !text.isEmpty { parts.append(.text(text)) }
    }

    /// The references, in order.
    var references: [Reference] {
        parts.compactMap { part in
            if case .reference(let reference) = part { reference } else { nil }
        }
    }

    /// The whole argument if it has no reference; nil otherwise.
    var plainText: String? {
        if case .text(let text)? = parts.first, parts.count == 1 { text } else { nil }
    }

    /// Parses the text between two braces; nil if it is not a reference.
    private static func reference(_ words: String) throws(UnknownType) -> Reference? {
        let halves = words.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.first == "payload" || (path.count == 1 && builtIn.contains(path[0])) else { return nil }
        guard halves.count == 2 else { return Reference(text: words, path: path, type: nil) }
        guard let type = ValueType(rawValue: String(halves[1])) else {
            let known = ValueType.allCases.map(\.rawValue).joined(separator: ", ")
            throw UnknownType(
                message: "{\(words)} has the unknown type \"\(halves[1])\"; the types are: \(known)")
        }
        return Reference(text: words, path: path, type: type)
    }
}
