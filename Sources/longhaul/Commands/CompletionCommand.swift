extension Commands {
    static let completion = Command(
        name: "completion", summary: "Prints the completion script for a shell.",
        arguments: [Argument(name: "SHELL", help: "bash, zsh or fish.")],
        notes: [
            "bash: longhaul completion bash > /etc/bash_completion.d/longhaul",
            "zsh: longhaul completion zsh > \"${fpath[1]}/_longhaul\"",
            "fish: longhaul completion fish > ~/.config/fish/completions/longhaul.fish",
        ]
    ) { invocation in
        let shell = invocation.argument(0)
        guard let script = Completion.script(for: shell, Commands.all) else {
            throw UsageError("SHELL: expected bash, zsh or fish, got \"\(shell)\"", command: "completion")
        }
        try Console.print(script)
        return .done
    }
}
