import LonghaulJSON
import LonghaulJSONata

extension Commands {
    static let jsonata = Command(
        name: "jsonata", summary: "Evaluates a JSONata expression.",
        arguments: [Argument(name: "EXPR", help: "The expression; none with --batch.", isRequired: false)],
        options: [
            Options.jsonataInput, Options.jsonataBindings, Options.jsonataBatch, Options.noEval,
        ],
        notes: [
            "It prints the result as JSON, and nothing for an undefined result.",
            "Example: echo '{\"n\": [1, 2]}' | longhaul jsonata '$sum(n)' --input -",
            "With --batch, each line of standard input is {\"expr\": …, \"input\": …, \"bindings\": {…}},",
            "and each line of output is {\"result\": …}, {\"undefined\": true} or {\"error\": {…}}.",
        ]
    ) { invocation in
        let allowsEval = try !invocation.value(Options.noEval)
        if try invocation.value(Options.jsonataBatch) {
            guard invocation.arguments.isEmpty else {
                throw UsageError("EXPR and --batch exclude each other", command: "jsonata")
            }
            for option in [Options.jsonataInput, Options.jsonataBindings] {
                guard try invocation.value(option) == nil else {
                    throw UsageError(
                        "--\(option.declaration.name) and --batch exclude each other: each line names its own",
                        command: "jsonata")
                }
            }
            try JSONataBatch(allowsEval: allowsEval).run()
            return .done
        }
        guard !invocation.arguments.isEmpty else {
            throw UsageError("EXPR: expected an expression, or --batch", command: "jsonata")
        }
        return try evaluate(invocation, allowsEval: allowsEval)
    }

    private static func evaluate(_ invocation: Invocation, allowsEval: Bool) throws -> ExitCode {
        let input = try document(Options.jsonataInput, invocation)
        let bindings = try document(Options.jsonataBindings, invocation)
        if let bindings, !bindings.isObject {
            throw UsageError("--bindings: expected a file with a JSON object", command: "jsonata")
        }
        do {
            let expression = try JSONataExpression(compiling: invocation.argument(0))
            let result = try expression.evaluate(
                input, bindings: bindings?.dictionary ?? [:],
                options: JSONataOptions(allowsEval: allowsEval))
            if let text = try result?.json(isPretty: true) { try Console.print(json: text.bytes) }
            return .done
        } catch let error as JSONataError {
            throw RunError(error.description)
        }
    }

    private static func document(
        _ option: Option<String?>, _ invocation: Invocation
    ) throws -> JSONataValue? {
        guard let path = try invocation.value(option) else { return nil }
        let place = path == "-" ? "standard input" : path
        do {
            return try JSONataValue(parsing: path == "-" ? Files.readStandardInput() : Files.read(path))
        } catch let error as RunError {
            throw RunError("\(place): \(error.message)")
        } catch let error as JSONError {
            throw UsageError("--\(option.declaration.name): \(place): \(error.message)", command: "jsonata")
        }
    }
}

/// Evaluates one expression for each line of standard input.
struct JSONataBatch {
    let allowsEval: Bool
    private var compiled: [String: JSONataExpression] = [:]

    init(allowsEval: Bool) {
        self.allowsEval = allowsEval
    }

    private static let maxCompiled = 256

    /// Evaluates the lines of the input.
    func run() throws {
        var batch = self
        var input = LineInput()
        while let line = try input.next() {
            guard line.contains(where: { $0 != 32 && $0 != 9 && $0 != 13 }) else { continue }
            try Console.print(json: batch.answer(line))
        }
    }

    /// The answer to one line.
    mutating func answer(_ line: [UInt8]) -> [UInt8] {
        do {
            return try evaluate(line)
        } catch let error as JSONataError {
            return Self.text(of: error)
        } catch let error as JSONError {
            return Self.text(
                of: JSONataError(code: "invalid_line", message: error.message, position: error.offset))
        } catch {
            return Self.text(of: JSONataError(code: "invalid_line", message: "\(error)"))
        }
    }

    private mutating func evaluate(_ line: [UInt8]) throws -> [UInt8] {
        let request = try JSONataValue(parsing: line)
        guard let source = request["expr"], source.string != nil else {
            throw Self.invalidLine("\"expr\" must be a string")
        }
        let bindings = request["bindings"]
        if let bindings, !bindings.isObject, !bindings.isNull {
            throw Self.invalidLine("\"bindings\" must be an object")
        }
        var options = JSONataOptions(allowsEval: allowsEval)
        if let milliseconds = try Self.limit("timelimit", in: request, maximum: 60_000) {
            options.limits.maxMilliseconds = milliseconds
        }
        if let depth = try Self.limit("depth", in: request, maximum: 1000) {
            options.limits.maxDepth = depth
        }
        let result = try expression(source, options.limits).evaluate(
            request["input"], bindings: bindings?.dictionary ?? [:],
            options: options)
        guard let result else { return Array("{\"undefined\":true}".utf8) }
        return Array("{\"result\":".utf8) + (try result.json()).bytes + Array("}".utf8)
    }

    /// A limit that the request sets; nil if it sets none.
    private static func limit(
        _ name: String, in request: JSONataValue, maximum: Int
    ) throws(JSONataError) -> Int? {
        guard let value = request[name], !value.isNull else { return nil }
        guard let number = value.number, (1...Double(maximum)).contains(number), number.rounded() == number
        else { throw invalidLine("\"\(name)\" must be a whole number from 1 to \(maximum)") }
        return Int(number)
    }

    private static func invalidLine(_ message: String) -> JSONataError {
        JSONataError(code: "invalid_line", message: message)
    }

    /// Compiles an expression, or returns it from the cache.
    private mutating func expression(
        _ source: JSONataValue, _ limits: JSONataLimits
    ) throws -> JSONataExpression {
        // The JSON text distinguishes unpaired surrogates, the decoded string does not.
        let key = try source.json().description
        if let expression = compiled[key] { return expression }
        let expression = try JSONataExpression(compiling: source, limits: limits)
        if compiled.count >= Self.maxCompiled { compiled = [:] }
        compiled[key] = expression
        return expression
    }

    private static func text(of error: JSONataError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.object("error") { writer in
                writer.field("code", error.code)
                writer.field("message", error.message)
                writer.field("position", error.position)
                if let token = error.token { writer.field("token", token) }
            }
        }
        return writer.bytes
    }
}
