/// The declaration of an option. Parsing, help, settings and errors use it.
struct OptionDeclaration: Sendable {
    /// The type of an option's value.
    enum Shape: Sendable {
        /// No value.
        case flag
        /// One text.
        case text
        /// One number.
        case number
        /// One time: a number of seconds, or a text with a unit.
        case time
        /// Several texts, by repeating the option.
        case list
        /// Several `KEY=VALUE`; an object in a settings file.
        case pairs
    }

    /// The name without the two dashes.
    let name: String
    /// The one-letter name.
    var short: Character?
    let shape: Shape
    /// The placeholder of the value in the help; empty for a flag.
    let valueName: String
    let help: String
    /// The default, for the help.
    var fallback: String?
    /// Whether an environment variable and a key of the settings file exist for the option.
    var isSetting = false
    /// A standard environment variable that is used if the option is not set otherwise.
    var commonVariable: String?

    /// `--name`.
    var flag: String { "--" + name }
    /// Whether the option may be repeated.
    var isRepeatable: Bool { shape == .list || shape == .pairs }
    /// The key in a settings file.
    var key: String { name.replacing("-", with: "_") }
    /// The environment variable; nil if the option is not a setting.
    var variable: String? { isSetting ? "LONGHAUL_" + key.uppercased() : nil }
}

/// An option with a value of any type.
protocol DeclaredOption: Sendable {
    var declaration: OptionDeclaration { get }
    /// Throws if the values are invalid.
    func check(_ values: [String]) throws(BadValue)
}

/// An option whose value is a `Value`.
struct Option<Value: Sendable>: DeclaredOption {
    let declaration: OptionDeclaration
    /// Parses the given values, which are empty if the option is absent.
    let read: @Sendable ([String]) throws(BadValue) -> Value

    func check(_ values: [String]) throws(BadValue) {
        _ = try read(values)
    }
}

extension Option where Value == Bool {
    /// An option without a value. As a setting, its value is `true` or `false`.
    static func flag(
        _ name: String, short: Character? = nil, setting: Bool = false, _ help: String
    ) -> Option {
        let declaration = OptionDeclaration(
            name: name, short: short, shape: .flag, valueName: "", help: help, isSetting: setting)
        return Option(declaration: declaration) { values throws(BadValue) in
            // On the command line, it has no text.
            guard let text = values.last, !text.isEmpty else { return !values.isEmpty }
            guard let value = Bool(text) else { throw BadValue(expected: "true or false", got: text) }
            return value
        }
    }
}

extension Option {
    /// An option with a default.
    static func value(
        _ name: String, _ valueName: String, _ reader: ValueReader<Value>, default fallback: Value,
        setting: Bool = false, _ help: String
    ) -> Option {
        let declaration = OptionDeclaration(
            name: name, shape: reader.shape, valueName: valueName, help: help,
            fallback: reader.text(fallback),
            isSetting: setting)
        return Option(declaration: declaration) { values throws(BadValue) in
            guard let text = values.last else { return fallback }
            return try reader.read(text)
        }
    }

    /// An option that may be absent.
    static func optional<Wrapped>(
        _ name: String, short: Character? = nil, _ valueName: String, _ reader: ValueReader<Wrapped>,
        setting: Bool = false, commonVariable: String? = nil, fallback: String? = nil, _ help: String
    ) -> Option where Value == Wrapped? {
        let declaration = OptionDeclaration(
            name: name, short: short, shape: reader.shape, valueName: valueName, help: help,
            fallback: fallback, isSetting: setting, commonVariable: commonVariable)
        return Option(declaration: declaration) { values throws(BadValue) in
            guard let text = values.last else { return nil }
            return try reader.read(text)
        }
    }

    /// An option with any number of values, by repeating it or, with `commas`, in one text.
    static func list<Element>(
        _ name: String, _ valueName: String, _ reader: ValueReader<Element>, commas: Bool = false,
        setting: Bool = false, fallback: String? = nil, _ help: String
    ) -> Option where Value == [Element] {
        let declaration = OptionDeclaration(
            name: name, shape: reader.shape == .pairs ? .pairs : .list, valueName: valueName, help: help,
            fallback: fallback, isSetting: setting)
        return Option(declaration: declaration) { values throws(BadValue) in
            var elements: [Element] = []
            for value in values {
                let parts =
                    commas ? value.split(separator: ",", omittingEmptySubsequences: false) : [value[...]]
                for part in parts { elements.append(try reader.read(String(part))) }
            }
            return elements
        }
    }
}
