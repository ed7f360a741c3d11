/// A built-in function.
final class Builtin: Sendable {
    /// What a built-in function does.
    typealias Body = @Sendable (BuiltinCall) throws(Failure) -> Value

    let name: Text
    let signature: Signature?
    /// The number of arguments that higher-order functions pass to it.
    let arity: Int
    let run: Body

    /// True for the function that evaluates other expressions, which callers can switch off.
    let isEval: Bool

    init(_ name: String, _ signature: String, arity: Int, _ run: @escaping Body) {
        self.name = Text(name)
        self.signature = Builtin.signature(signature)
        self.arity = arity
        isEval = name == "eval"
        self.run = run
    }

    /// The signature of a text that is part of this module, and so valid.
    static func signature(_ text: String) -> Signature? {
        do {
            return try Signature(text)
        } catch {
            preconditionFailure("invalid signature \(text)")
        }
    }

    private static let all: [Text: Builtin] = Dictionary(
        uniqueKeysWithValues: (aggregation + strings + matching + numbers + conditions + higherOrder + arrays
            + objects + encodings + dates + general + stepFunctions).map { ($0.name, $0) })

    /// The built-in function of a name.
    static func named(_ name: Text) -> Builtin? { all[name] }
}

/// A call of a built-in function.
struct BuiltinCall {
    let evaluator: Evaluator
    let arguments: [Value]
    let context: Value
    let frame: Frame

    var budget: Budget { evaluator.budget }

    /// An argument; `undefined` if it is missing.
    subscript(index: Int) -> Value {
        index < arguments.count ? arguments[index] : .undefined
    }

    /// True if an argument is there.
    func has(_ index: Int) -> Bool { self[index].isDefined }

    /// The failure for an argument of the wrong type, where no signature was checked before.
    func mismatch(_ index: Int) -> Failure {
        Failure("T0410", value: self[index], details: ["index": .number(Double(index + 1))])
    }

    /// A string; nil if it is missing.
    func text(_ index: Int) throws(Failure) -> Text? {
        switch self[index] {
        case .undefined: return nil
        case .string(let text): return text
        default: throw mismatch(index)
        }
    }

    /// A number; nil if it is missing.
    func number(_ index: Int) throws(Failure) -> Double? {
        switch self[index] {
        case .undefined: return nil
        case .number(let number): return number
        default: throw mismatch(index)
        }
    }

    /// A function; nil if it is missing.
    func function(_ index: Int) throws(Failure) -> FunctionValue? {
        switch self[index] {
        case .undefined: return nil
        case .function(let function): return function
        default: throw mismatch(index)
        }
    }

    /// The elements of an array, or a single value as the only one; nil if it is missing.
    func items(_ index: Int) -> [Value]? {
        guard has(index) else { return nil }
        return self[index].itemsOrSelf
    }

    /// A new string, after counting its memory.
    func string(_ text: Text) throws(Failure) -> Value {
        try budget.allocateString(text.count)
        return .string(text)
    }

    /// A new array, after counting its memory.
    func list(_ items: [Value], isSequence: Bool = false) throws(Failure) -> Value {
        try budget.allocate(items.count * 16 + 48)
        return isSequence ? .sequence(items) : .list(items)
    }
}
