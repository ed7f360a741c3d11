import LonghaulJSON

/// All commands.
enum Commands {
    /// The commands in the order of the help.
    static let all: [Command] = [
        serve, worker, up, new, submit, copy, get, wait, cancel, retry, runNow, edit, delete, list, logs,
        artifacts,
        signal, journal, pause,
        resume, restart, fork, deadLetters, schedules, stateMachines,
        queues, workers, routing, webhooks, keys, audit, top, tail, autoscale, backup, doctor, migrate,
        health,
        jsonata,
        completion,
        version,
        help,
    ]

    /// The command of this name.
    static func named(_ name: String) -> Command? {
        all.first { $0.name == name }
    }

    /// The error for an unknown command name.
    static func unknown(_ name: String) -> UsageError {
        if name.hasPrefix("-") { return UsageError("expected a command before \(name)") }
        let guess = nearestName(to: name, among: all.map(\.name))
        return UsageError("unknown command \(name)" + (guess.map { "; did you mean \($0)?" } ?? ""))
    }

    private static let help: Command = Command(
        name: "help", summary: "Shows the commands, or the help of one command.",
        arguments: [Argument(name: "COMMAND", help: "The command whose help is shown.", isRequired: false)],
        options: [Options.manual],
        notes: ["The manual page: longhaul help --man | man -l -"]
    ) { invocation in
        let name = invocation.argument(0)
        if try invocation.value(Options.manual) {
            try Console.print(ManualPage.text(all))
        } else if name.isEmpty {
            try Console.print(Help.overview(all))
        } else if let command = named(name) {
            try Console.print(Help.text(of: command))
        } else {
            throw unknown(name)
        }
        return .done
    }

    private static let version: Command = Command(
        name: "version", summary: "Prints the version of this command.", options: [Options.json]
    ) { invocation in
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { $0.field("version", Product.version) })
        } else {
            try Console.print("longhaul \(Product.version)")
        }
        return .done
    }
}

/// Properties of the product.
enum Product {
    /// The version, by semantic versioning.
    static let version = "0.1.0"
}
