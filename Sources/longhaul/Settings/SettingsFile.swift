import LonghaulJSON

/// The settings of a JSON5 file by their keys, in the form of command-line values.
struct SettingsFile: Sendable {
    let path: String
    private(set) var values: [String: [String]] = [:]

    private static let defaultPath = "longhaul.json5"

    /// The file at the path, or the default file if it exists.
    ///
    /// - Throws: ``BadValue`` with the path and the error.
    static func find(named path: String?, known: [any DeclaredOption]) throws(BadValue) -> SettingsFile? {
        if let path { return try SettingsFile(path: path, known: known) }
        return Files.exists(defaultPath) ? try SettingsFile(path: defaultPath, known: known) : nil
    }

    private init(path: String, known: [any DeclaredOption]) throws(BadValue) {
        self.path = path
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: JSONText(json5: try Files.read(path)).bytes)
        } catch {
            throw BadValue("\(path): \(Self.message(of: error))")
        }
        guard document.root.kind == .object else {
            throw BadValue("\(path): expected an object, got \(document.root.kindName)")
        }
        for (key, node) in document.root.members where !node.isNull {
            try add(key, node, known: known)
        }
    }

    private mutating func add(_ key: String, _ node: JSONNode, known: [any DeclaredOption]) throws(BadValue) {
        guard let option = known.first(where: { $0.declaration.key == key }) else {
            let guess = nearestName(to: key, among: known.map(\.declaration.key))
            throw BadValue(
                "\(path): unknown setting \"\(key)\"" + (guess.map { "; did you mean \"\($0)\"?" } ?? ""))
        }
        do {
            let texts = try Self.texts(of: node, option.declaration.shape)
            try option.check(texts)
            values[key] = texts
        } catch {
            throw BadValue("\(path): \(key): \(error.message)")
        }
    }

    private static func texts(
        of node: JSONNode, _ shape: OptionDeclaration.Shape
    ) throws(BadValue) -> [String] {
        switch (shape, node.kind) {
        case (.text, .string), (.list, .string), (.pairs, .string), (.time, .string):
            return [node.string ?? ""]
        case (.flag, .bool), (.number, .number), (.time, .number):
            return [node.text.description]
        case (.pairs, .object):
            var pairs: [String] = []
            for (key, value) in node.members {
                guard let text = scalar(value) else {
                    throw BadValue("\(key): expected a string or a number, got \(value.kindName)")
                }
                pairs.append("\(key)=\(text)")
            }
            return pairs
        default:
            throw BadValue("expected \(expected(shape)), got \(node.kindName)")
        }
    }

    private static func scalar(_ node: JSONNode) -> String? {
        switch node.kind {
        case .string: node.string
        case .number: node.text.description
        default: nil
        }
    }

    private static func expected(_ shape: OptionDeclaration.Shape) -> String {
        switch shape {
        case .flag: "true or false"
        case .text, .list: "a string"
        case .number: "a number"
        case .time: "a number of seconds, or a time such as \"10m\""
        case .pairs: "an object, or a string"
        }
    }

    private static func message(of error: any Error) -> String {
        switch error {
        case let error as JSONError: error.message
        case let error as RunError: error.message
        default: "\(error)"
        }
    }
}
