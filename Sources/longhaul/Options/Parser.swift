import LonghaulJSON

/// A parsed command line.
struct ParsedLine: Sendable {
    /// The values of each given option by its name. The value of a flag is empty.
    var options: [String: [String]] = [:]
    var arguments: [String] = []
    var wantsHelp: Bool { options[Options.help.declaration.name] != nil }
}

/// Parses the words after the name of a command.
struct Parser {
    private let command: Command
    private let declarations: [OptionDeclaration]
    private var rest: ArraySlice<String>
    private var line = ParsedLine()

    /// Parses the words.
    ///
    /// - Throws: ``UsageError`` with the first error.
    static func parse(_ words: some Sequence<String>, for command: Command) throws(UsageError) -> ParsedLine {
        var parser = Parser(command, words: Array(words))
        try parser.parse()
        return parser.line
    }

    private init(_ command: Command, words: [String]) {
        self.command = command
        declarations = command.allOptions.map(\.declaration)
        rest = words[...]
    }

    private mutating func parse() throws(UsageError) {
        while let word = rest.popFirst() {
            if word == "--" {
                line.arguments += rest
                break
            } else if word.hasPrefix("--") {
                try parseLong(word.dropFirst(2))
            } else if word.hasPrefix("-"), word.count > 1 {
                try parseShort(word)
            } else {
                line.arguments.append(word)
            }
        }
        if !line.wantsHelp { try checkArguments() }
    }

    private mutating func parseLong(_ word: Substring) throws(UsageError) {
        let mark = word.unicodeScalars.firstIndex(of: "=")
        let name = String(word[..<(mark ?? word.endIndex)])
        guard let option = declarations.first(where: { $0.name == name }) else {
            let guess = nearestName(to: name, among: declarations.map(\.name))
            throw fault("unknown option --\(name)" + (guess.map { "; did you mean --\($0)?" } ?? ""))
        }
        try add(option, mark.map { String(word[word.unicodeScalars.index(after: $0)...]) })
    }

    private mutating func parseShort(_ word: String) throws(UsageError) {
        let letters = word.dropFirst()
        guard let letter = letters.first, let option = declarations.first(where: { $0.short == letter })
        else {
            let guess = nearestName(to: String(letters), among: declarations.map(\.name))
            throw fault("unknown option \(word)" + (guess.map { "; did you mean --\($0)?" } ?? ""))
        }
        let attached = letters.dropFirst()
        if option.shape == .flag, !attached.isEmpty {
            throw fault("unknown option \(word); write one-letter options separately")
        }
        try add(
            option, attached.isEmpty ? nil : String(attached.first == "=" ? attached.dropFirst() : attached))
    }

    private mutating func add(_ option: OptionDeclaration, _ attached: String?) throws(UsageError) {
        if line.options[option.name] != nil, !option.isRepeatable {
            throw fault("\(option.flag) is given more than once")
        }
        let value: String
        if option.shape == .flag {
            guard attached == nil else { throw fault("\(option.flag) takes no value") }
            value = ""
        } else {
            value = if let attached { attached } else { try following(option) }
        }
        line.options[option.name, default: []].append(value)
    }

    /// Takes the next word as the value of an option.
    private mutating func following(_ option: OptionDeclaration) throws(UsageError) -> String {
        guard let word = rest.first else { throw fault("\(option.flag) needs a value: \(option.valueName)") }
        let isNegative = word.dropFirst().first?.isNumber == true
        if word.hasPrefix("-"), word != "-", !isNegative {
            throw fault(
                "\(option.flag) needs a value: \(option.valueName) (to give it \(word), write \(option.flag)=\(word))"
            )
        }
        rest.removeFirst()
        return word
    }

    private func checkArguments() throws(UsageError) {
        let wanted = command.arguments
        let required = wanted.filter(\.isRequired)
        if line.arguments.count < required.count {
            throw fault("\(required[line.arguments.count].name) is missing")
        }
        if line.arguments.count > wanted.count, wanted.last?.isRepeatable != true {
            throw fault("unexpected argument \"\(line.arguments[wanted.count])\"")
        }
    }

    private func fault(_ message: String) -> UsageError {
        UsageError(message, command: command.name)
    }
}
