/// The declaration of a command: its name, arguments, options and function.
struct Command: Sendable {
    let name: String
    /// The purpose of the command, in one sentence.
    let summary: String
    var arguments: [Argument] = []
    var options: [any DeclaredOption] = []
    /// Additional lines of the help.
    var notes: [String] = []
    /// The options that apply with a command line; nil if all apply with every command line.
    var helpOptions: (@Sendable (ParsedLine) -> [any DeclaredOption])?
    let run: @Sendable (Invocation) async throws -> ExitCode

    /// The options of the command and the common ones.
    var allOptions: [any DeclaredOption] { options + [Options.config, Options.help] }
}

/// A positional argument of a command.
struct Argument: Sendable {
    let name: String
    let help: String
    var isRequired = true
    var isRepeatable = false
}

/// A command with its checked settings and arguments.
struct Invocation: Sendable {
    let command: Command
    let settings: Settings
    let arguments: [String]

    /// The value of an option from the command line, the environment, the settings file or its default.
    func value<Value>(_ option: Option<Value>) throws -> Value {
        try settings.value(option)
    }

    /// The argument at an index; empty if it is absent.
    func argument(_ index: Int) -> String {
        index < arguments.count ? arguments[index] : ""
    }

    /// Parses an argument. The error names the argument.
    func read<Value>(_ index: Int, as reader: ValueReader<Value>) throws -> Value {
        do {
            return try reader.read(argument(index))
        } catch {
            let names = command.arguments
            throw UsageError(
                "\(names[min(index, names.count - 1)].name): \(error.message)", command: command.name)
        }
    }

    /// Parses all arguments.
    func readAll<Value>(as reader: ValueReader<Value>) throws -> [Value] {
        try arguments.indices.map { try read($0, as: reader) }
    }
}
