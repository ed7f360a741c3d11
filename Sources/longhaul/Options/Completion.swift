/// Shell completion, generated from the declarations.
enum Completion {
    /// The script for a shell; nil if the shell is not supported.
    static func script(for shell: String, _ commands: [Command]) -> String? {
        switch shell {
        case "bash": bash(commands)
        case "zsh": zsh(commands)
        case "fish": fish(commands)
        default: nil
        }
    }

    /// The type of an option's value.
    private enum Values {
        case nothing
        case words([String])
        case file
        case folder
        case anything

        init(_ option: OptionDeclaration) {
            let name = option.valueName
            if option.shape == .flag {
                self = .nothing
            } else if name.contains("|"), !name.contains("@") {
                self = .words(name.split(separator: "|").map(String.init))
            } else if name.contains("FILE") {
                self = .file
            } else if name.contains("DIR") {
                self = .folder
            } else {
                self = .anything
            }
        }
    }

    private static func options(_ command: Command) -> [OptionDeclaration] {
        command.allOptions.map(\.declaration)
    }

    // MARK: bash

    private static func bash(_ commands: [Command]) -> String {
        let cases = commands.map { command in
            let flags = options(command).flatMap { ($0.short.map { ["-\($0)"] } ?? []) + [$0.flag] }
            return "        \(command.name)) words=\"\(flags.joined(separator: " "))\" ;;"
        }
        var values: [String: String] = [:]
        for option in commands.flatMap(options) {
            let answer: String? =
                switch Values(option) {
                case .nothing: nil
                case .words(let words):
                    "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
                case .file: "COMPREPLY=($(compgen -f -- \"$current\"))"
                case .folder: "COMPREPLY=($(compgen -d -- \"$current\"))"
                case .anything: "COMPREPLY=()"
                }
            if let answer { values[option.flag] = answer }
        }
        let answers = values.sorted { $0.key < $1.key }.map { "        \($0.key)) \($0.value); return ;;" }
        return """
            # bash completion of longhaul
            _longhaul() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W '\(commands.map(\.name).joined(separator: " "))' -- "$current"))
                    return
                fi
                case $previous in
            \(answers.joined(separator: "\n"))
                esac
                case ${COMP_WORDS[1]} in
                    help) words='\(commands.map(\.name).joined(separator: " "))' ;;
                    completion) words='bash zsh fish' ;;
            \(cases.joined(separator: "\n"))
                esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -o default -F _longhaul longhaul
            """
    }

    // MARK: zsh

    private static func zsh(_ commands: [Command]) -> String {
        let names = commands.map { "        \(quoted("\($0.name):\($0.summary)"))" }
        let cases = commands.map { command in
            let specs = options(command).map { "                \(quoted(zshSpec($0)))" }
            return "            \(command.name))\n                _arguments \\\n"
                + (specs + ["                '*: :_files'"]).joined(separator: " \\\n")
                + "\n                ;;"
        }
        return """
            #compdef longhaul
            _longhaul() {
                local -a commands
                commands=(
            \(names.joined(separator: "\n"))
                )
                if ((CURRENT == 2)); then
                    _describe command commands
                    return
                fi
                local command=$words[2]
                shift words
                ((CURRENT--))
                case $command in
            \(cases.joined(separator: "\n"))
                esac
            }
            _longhaul "$@"
            """
    }

    private static func zshSpec(_ option: OptionDeclaration) -> String {
        let many = option.isRepeatable ? "*" : ""
        let help = option.help.replacing("[", with: "(").replacing("]", with: ")").replacing(":", with: "\\:")
        let value = option.valueName.replacing(":", with: "\\:")
        let action: String? =
            switch Values(option) {
            case .nothing: nil
            case .words(let words): "(\(words.joined(separator: " ")))"
            case .file: "_files"
            case .folder: "_files -/"
            case .anything: " "
            }
        return "\(many)\(option.flag)" + (action == nil ? "" : "=") + "[\(help)]"
            + (action.map { ":\(value):\($0)" } ?? "")
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }

    // MARK: fish

    private static func fish(_ commands: [Command]) -> String {
        var lines = ["# fish completion of longhaul", "complete -c longhaul -f"]
        for command in commands {
            lines.append(
                "complete -c longhaul -n __fish_use_subcommand -a \(command.name) -d \(quoted(fishText(command.summary)))"
            )
            for option in options(command) {
                var line =
                    "complete -c longhaul -n '__fish_seen_subcommand_from \(command.name)' -l \(option.name)"
                if let short = option.short { line += " -s \(short)" }
                switch Values(option) {
                case .nothing: break
                case .words(let words): line += " -x -a '\(words.joined(separator: " "))'"
                case .file, .folder: line += " -r -F"
                case .anything: line += " -x"
                }
                lines.append(line + " -d \(quoted(fishText(option.help)))")
            }
        }
        lines.append("complete -c longhaul -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'")
        return lines.joined(separator: "\n")
    }

    /// Replaces characters that fish interprets inside quotes.
    private static func fishText(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("'", with: "’")
    }
}
