/// The values of options from the command line, the environment, the settings file and the defaults.
struct Settings: Sendable {
    private let command: String
    private let line: [String: [String]]
    private let environment: [String: String]
    private let file: SettingsFile?

    /// Reads and checks the settings of a command.
    ///
    /// - Throws: ``UsageError`` naming the option, the variable or the file.
    init(
        _ command: Command, line: ParsedLine, environment: [String: String], known: [any DeclaredOption]
    ) throws(UsageError) {
        self.command = command.name
        self.line = line.options
        self.environment = environment
        do {
            file = try SettingsFile.find(
                named: line.options[Options.config.declaration.name]?.last ?? environment["LONGHAUL_CONFIG"],
                known: known.filter(\.declaration.isSetting))
        } catch {
            throw UsageError(error.message, command: command.name)
        }
        for option in command.allOptions {
            let found = values(of: option.declaration)
            do {
                try option.check(found.values)
            } catch {
                throw UsageError("\(found.place): \(error.message)", command: command.name)
            }
        }
    }

    /// The value of an option.
    func value<Value>(_ option: Option<Value>) throws(UsageError) -> Value {
        let found = values(of: option.declaration)
        do {
            return try option.read(found.values)
        } catch {
            throw UsageError("\(found.place): \(error.message)", command: command)
        }
    }

    /// Whether the option is on the command line.
    func isGiven(_ option: some DeclaredOption) -> Bool {
        line[option.declaration.name] != nil
    }

    /// Whether the option has a value from the command line, its own environment variable or the settings file.
    func isSet(_ option: some DeclaredOption) -> Bool {
        let option = option.declaration
        return line[option.name] != nil || value(of: option.variable) != nil
            || option.isSetting && file?.values[option.key] != nil
    }

    /// A variable of the environment that is not an option, because its value is a secret; nil if it is empty.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Creates an error for an option's value that names the source of the value.
    func usageError(_ option: some DeclaredOption, _ message: String) -> UsageError {
        UsageError("\(values(of: option.declaration).place): \(message)", command: command)
    }

    private func value(of variable: String?) -> (values: [String], place: String)? {
        guard let variable, let text = environment[variable], !text.isEmpty else { return nil }
        return ([text], variable)
    }

    private func values(of option: OptionDeclaration) -> (values: [String], place: String) {
        if let given = line[option.name] { return (given, option.flag) }
        if let found = value(of: option.variable) { return found }
        if option.isSetting, let file, let values = file.values[option.key] {
            return (values, "\(file.path): \(option.key)")
        }
        if let found = value(of: option.commonVariable) { return found }
        return ([], option.flag)
    }
}
