/// The manual page longhaul(1), generated from the declarations.
enum ManualPage {
    /// The page in the format of man(7).
    static func text(_ commands: [Command]) -> String {
        var lines = [
            ".TH LONGHAUL 1 \"\" \"longhaul \(Product.version)\" \"Longhaul\"",
            ".SH NAME", "longhaul \\- long\\-running tasks for your API",
            ".SH SYNOPSIS", ".B longhaul", ".I COMMAND", "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
            ".SH DESCRIPTION",
            "Stores jobs durably, leases them to workers, and stores their results.",
            ".SH COMMANDS",
        ]
        for command in commands { lines += section(command) }
        lines += [
            ".SH SETTINGS",
            escaped(
                "An option takes precedence over its environment variable, and that over its key in the settings "
                    + "file. The settings file is JSON5: the file of --config or LONGHAUL_CONFIG, or longhaul.json5 in "
                    + "the current folder. The key of an option is its name with _ in place of -. Options without an "
                    + "environment variable have no key."),
            ".SH EXIT STATUS",
        ]
        for code in ExitCode.allCases { lines += [".TP", ".B \(code.rawValue)", escaped(code.meaning)] }
        return lines.joined(separator: "\n")
    }

    private static func section(_ command: Command) -> [String] {
        let arguments = command.arguments.map { argument in
            let name = "\\fI\(argument.name)\\fR" + (argument.isRepeatable ? "..." : "")
            return argument.isRequired ? name : "[\(name)]"
        }
        let options = command.options.isEmpty ? [] : ["[\\fIOPTIONS\\fR]"]
        var lines = [".SS " + (["longhaul", command.name] + options + arguments).joined(separator: " ")]
        lines.append(escaped(command.summary))
        for argument in command.arguments {
            lines += [".TP", ".I \(argument.name)", escaped(argument.help)]
        }
        for option in command.options.map(\.declaration) { lines += entry(option) }
        for note in command.notes { lines += [".PP", escaped(note)] }
        return lines
    }

    private static func entry(_ option: OptionDeclaration) -> [String] {
        let short = option.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
        let value = option.valueName.isEmpty ? "" : " \\fI\(escaped(option.valueName))\\fR"
        var text = option.help
        if let fallback = option.fallback { text += " Default: \(fallback)." }
        let variables = [option.variable, option.commonVariable].compactMap { $0 }
        if !variables.isEmpty { text += " Environment: \(variables.joined(separator: ", "))." }
        return [".TP", "\(short)\\fB\(escaped(option.flag))\\fR\(value)", escaped(text)]
    }

    /// Escapes text for the formatter.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
            .replacing("…", with: "...").replacing("\n", with: " ")
        // A line that begins with one of these characters would be a request.
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
