import LonghaulJSON

/// The type that a reference of a command line requires of a payload's value.
enum ValueType: String, CaseIterable, Sendable, Hashable {
    /// A whole number.
    case int
    /// A number.
    case number
    /// `true` or `false`.
    case bool
    /// A string that names a file: no `..`, no control characters. A relative path gets the prefix `./`, so
    /// that no program reads it as an option, a URL or a format such as ImageMagick's `msl:`.
    case path
    /// An absolute http or https URL of printable ASCII characters.
    case url

    /// The value as an argument.
    ///
    /// - Returns: nil if the value is not of the type.
    func argument(_ node: JSONNode) -> String? {
        switch self {
        case .int: node.kind == .number && Self.isInteger(node.text.description) ? node.text.description : nil
        case .number: node.kind == .number ? node.text.description : nil
        case .bool: node.bool.map { "\($0)" }
        case .path: node.string.flatMap(Self.path)
        case .url: node.string.flatMap(Self.url)
        }
    }

    /// A description of the type for error messages.
    var expectation: String {
        switch self {
        case .int: "an integer"
        case .number: "a number"
        case .bool: "true or false"
        case .path: "the path of a file, without .. and control characters"
        case .url: "an http:// or https:// URL"
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: "-") }
    }

    private static func path(_ text: String) -> String? {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }),
            !text.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) })
        else { return nil }
        return text.utf8.starts(with: "/".utf8) || text.utf8.starts(with: "./".utf8) ? text : "./" + text
    }

    /// The characters of RFC 3986 without brackets, which curl reads as ranges outside of a host.
    private static let urlCharacters = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#@!$&'()*+,;=%".utf8)

    private static func url(_ text: String) -> String? {
        let lowercased = text.prefix(8).lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lowercased.hasPrefix($0) }) else {
            return nil
        }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { !"/?#".contains($0) }
        guard !host.isEmpty, !host.hasPrefix(":"), !host.hasSuffix("@") else { return nil }
        let brackets = Set("[]".utf8)
        guard host.utf8.allSatisfy({ urlCharacters.contains($0) || brackets.contains($0) }),
            rest.dropFirst(host.count).utf8.allSatisfy({ urlCharacters.contains($0) })
        else { return nil }
        return text
    }
}
