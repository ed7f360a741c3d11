import LonghaulCore

/// The help texts, generated from the declarations.
enum Help {
    private static let width = 100

    /// The text of `longhaul help`.
    static func overview(_ commands: [Command]) -> String {
        var lines = [
            "longhaul: long-running tasks for your API",
            "",
            "usage: longhaul COMMAND [OPTIONS] [ARGUMENTS]",
            "",
            "commands:",
        ]
        lines += columns(commands.map { ($0.name, $0.summary) })
        lines += [
            "",
            "longhaul help COMMAND and longhaul COMMAND --help show the options of a command.",
            "",
        ]
        lines += wrapped(
            "A TIME is a number of seconds, or a number with a unit: 500ms, 90s, 10m, 2h, 7d.", indent: 0)
        lines += ["", "settings, in order of precedence:"]
        lines += columns([
            ("options", "--store sqlite:data/longhaul.db"),
            ("environment", "LONGHAUL_STORE=sqlite:data/longhaul.db"),
            (
                "settings file",
                "{ store: \"sqlite:data/longhaul.db\" } in JSON5: --config FILE, LONGHAUL_CONFIG, or ./longhaul.json5"
            ),
        ])
        lines += ["", "exit codes:"] + exitCodes
        return lines.joined(separator: "\n")
    }

    /// The text of `longhaul COMMAND --help`.
    ///
    /// - Parameter line: the rest of the command line, on which the options that apply can depend.
    static func text(of command: Command, _ line: ParsedLine = ParsedLine()) -> String {
        let options = (command.helpOptions?(line) ?? command.options) + [Options.config, Options.help]
        var usage = "usage: longhaul \(command.name)"
        if !command.options.isEmpty { usage += " [OPTIONS]" }
        for argument in command.arguments {
            let name = argument.name + (argument.isRepeatable ? "…" : "")
            usage += argument.isRequired ? " \(name)" : " [\(name)]"
        }
        var lines = [command.summary, "", usage]
        if !command.arguments.isEmpty {
            lines += ["", "arguments:"] + columns(command.arguments.map { ($0.name, $0.help) })
        }
        lines += ["", "options:"] + columns(options.map { entry($0.declaration) })
        if !command.notes.isEmpty { lines += [""] + command.notes.flatMap { wrapped($0, indent: 0) } }
        let variables = options.map(\.declaration).flatMap { option in
            [option.variable, option.commonVariable].compactMap { $0 }.map { ($0, "as \(option.flag)") }
        }
        if !variables.isEmpty {
            lines += ["", "environment:"] + columns(variables + [("LONGHAUL_CONFIG", "as --config")])
        }
        lines += ["", "exit codes:"] + exitCodes
        return lines.joined(separator: "\n")
    }

    private static var exitCodes: [String] {
        columns(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) })
    }

    private static func entry(_ option: OptionDeclaration) -> (String, String) {
        let short = option.short.map { "-\($0), " } ?? "    "
        let value = option.valueName.isEmpty ? "" : " \(option.valueName)"
        let fallback = option.fallback.map { " Default: \($0)." } ?? ""
        return (short + option.flag + value, option.help + fallback)
    }

    /// Formats rows in two columns. A long left text gets a separate line.
    private static func columns(_ rows: [(String, String)]) -> [String] {
        let indent = min(32, (rows.map(\.0.count).max() ?? 0) + 4)
        return rows.flatMap { left, right -> [String] in
            var lines = wrapped(right, indent: indent)
            if left.count + 4 > indent { return ["  " + left] + lines }
            lines[0] = "  " + left + lines[0].dropFirst(left.count + 2)
            return lines
        }
    }

    private static func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines = [margin]
        for word in text.split(separator: " ") {
            let isFirst = lines[lines.count - 1].count == indent
            if !isFirst, lines[lines.count - 1].count + 1 + word.count > width { lines.append(margin) }
            let isLineStart = lines[lines.count - 1].count == indent
            lines[lines.count - 1] += (isLineStart ? "" : " ") + word
        }
        return lines
    }
}
