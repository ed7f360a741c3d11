/// A command as data: what it is called, what it takes, and what it does.
struct Command: Sendable {
    let name: String
    /// What it does, in one sentence.
    let summary: String
    var arguments: [Argument] = []
    var options: [any DeclaredOption] = []
    /// What else its help says, a line each.
    var notes: [String] = []
    let run: @Sendable (Invocation) async throws -> ExitCode

    /// Its options and those that every command has.
    var allOptions: [any DeclaredOption] { options + [Options.config, Options.help] }
}

/// What a command takes by its place.
struct Argument: Sendable {
    let name: String
    let help: String
    var isRequired = true
    var isRepeatable = false
}

/// A command to be run: its settings and arguments, all checked.
struct Invocation: Sendable {
    let command: Command
    let settings: Settings
    let arguments: [String]

    /// The value of an option, from wherever it was set.
    func value<Value>(_ option: Option<Value>) throws -> Value {
        try settings.value(option)
    }

    /// The argument at a place; empty if it may be absent and is.
    func argument(_ index: Int) -> String {
        index < arguments.count ? arguments[index] : ""
    }

    /// An argument as a value, named in the error if it is none.
    func read<Value>(_ index: Int, as reader: ValueReader<Value>) throws -> Value {
        do {
            return try reader.read(argument(index))
        } catch {
            let names = command.arguments
            throw UsageError(
                "\(names[min(index, names.count - 1)].name): \(error.message)", command: command.name)
        }
    }

    /// Every argument as a value.
    func readAll<Value>(as reader: ValueReader<Value>) throws -> [Value] {
        try arguments.indices.map { try read($0, as: reader) }
    }
}
