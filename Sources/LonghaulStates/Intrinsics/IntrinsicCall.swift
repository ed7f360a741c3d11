internal import LonghaulJSON

/// A compiled call of an intrinsic function: `States.Format('Hello {}', $.name)`.
public struct IntrinsicCall: Sendable, Hashable {
    /// The call as written.
    public let text: String
    let function: IntrinsicFunction
    let arguments: [Argument]

    /// An argument of a call.
    enum Argument: Sendable, Hashable {
        /// A string as written between its quotes, with its escapes.
        case string(String)
        case literal(StateValue)
        case path(JSONPath)
        case call(IntrinsicCall)
    }

    /// Maximum nesting of calls, as on AWS.
    static let maxDepth = 10

    /// Compiles a call.
    ///
    /// - Throws: ``PathError`` of kind `syntax`.
    public init(_ text: String) throws(PathError) {
        var parser = IntrinsicParser(text)
        self = try parser.call(depth: 1)
        try parser.finish()
    }

    init(text: String, function: IntrinsicFunction, arguments: [Argument]) {
        self.text = text
        self.function = function
        self.arguments = arguments
    }

    /// The variables that the arguments read, in their order, without repetitions.
    var variables: [String] {
        var found: [String] = []
        for argument in arguments {
            let names: [String]
            switch argument {
            case .path(let path): names = path.variable.map { [$0] } ?? []
            case .call(let call): names = call.variables
            case .string, .literal: names = []
            }
            for name in names where !found.contains(name) { found.append(name) }
        }
        return found
    }

    /// Calls the function.
    ///
    /// - Throws: ``StateFailure`` `States.IntrinsicFailure`, or `States.Runtime` if a path leads to no value.
    public func evaluate(in scope: StateScope) throws(StateFailure) -> StateValue {
        try evaluate(in: scope, WorkBudget())
    }

    func evaluate(in scope: StateScope, _ budget: WorkBudget) throws(StateFailure) -> StateValue {
        var values: [StateValue] = []
        for argument in arguments {
            switch argument {
            case .string(let raw):
                values.append(
                    .string(function == .format && values.isEmpty ? raw : IntrinsicText.unescaped(raw)))
            case .literal(let value): values.append(value)
            case .call(let call): values.append(try call.evaluate(in: scope, budget))
            case .path(let path): values.append(try IntrinsicCall.value(of: path, in: scope, budget))
            }
        }
        let size = StateValue.array(values).jsonSize(limit: PayloadTemplate.maxSize)
        guard let size, budget.spend(size / 64 + values.count + 1) else { throw .tooLarge }
        return try IntrinsicArguments(call: self, values: values).result()
    }

    private static func value(
        of path: JSONPath, in scope: StateScope, _ budget: WorkBudget
    ) throws(StateFailure) -> StateValue {
        do {
            return try path.evaluate(in: scope, budget)
        } catch {
            guard error.kind == .notFound else {
                throw .runtime("Invalid path '\(path.text)' : \(error.message)")
            }
            throw .runtime(
                "The JsonPath argument for the field '\(path.text)' could not be found in the input "
                    + "'\(scope.input.json)'")
        }
    }
}
