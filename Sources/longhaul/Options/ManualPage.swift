/// The manual page, longhaul(1), made from the declarations.
enum ManualPage {
    /// The page in the language of man(7).
    static func text(_ commands: [Command]) -> String {
        var lines = [
            ".TH LONGHAUL 1 \"\" \"longhaul \(Product.version)\" \"Longhaul\"",
            ".SH NAME", "longhaul \\- long running tasks for your API",
            ".SH SYNOPSIS", ".B longhaul", ".I COMMAND", "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
            ".SH DESCRIPTION",
            "Stores jobs durably, hands them to workers, and keeps what comes of them.",
            ".SH COMMANDS",
        ]
        for command in commands { lines += section(command) }
        lines += [
            ".SH SETTINGS",
            escaped(
                "Of an option, an environment variable and a key of a settings file, the first found holds. A "
                    + "settings file is JSON5, named by --config or LONGHAUL_CONFIG, or longhaul.json5 in the "
                    + "present folder. An option that is a setting as well names its variable; its key is its "
                    + "name with _ for -."),
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

    /// Text in which nothing means anything to the formatter.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
            .replacing("…", with: "...").replacing("\n", with: " ")
        // A line that began with one of these would be a request.
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
