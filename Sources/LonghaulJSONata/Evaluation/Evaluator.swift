/// One evaluation of an expression.
final class Evaluator {
    let budget: Budget
    let options: JSONataOptions
    /// The time of `$now` and `$millis`, in milliseconds since 1970.
    let timestamp: Double
    let root = Frame(nil)
    private var capturedFrames: [Frame] = []
    /// True after the expression has created a function, which refers to this evaluation.
    private var hasOwnFunctions = false

    /// The name of `$$`.
    private static let document = Name("$")

    init(_ options: JSONataOptions, budget: Budget) {
        self.options = options
        self.budget = budget
        timestamp = Double(options.nowMilliseconds ?? CivilDate.now())
    }

    deinit {
        // Functions and the frames that hold them refer to each other.
        for frame in capturedFrames { frame.clear() }
        root.clear()
    }

    /// Evaluates a whole expression.
    func run(_ expression: Expression, input: Value, bindings: [(Name, Value)]) throws(Failure) -> Value {
        root.bind(Evaluator.document, input)
        for (name, value) in bindings { root.bind(name, value) }
        var context = input
        if case .array(let array) = input, !array.isSequence {
            // An array is one input, not a sequence of inputs.
            context = .array(ArrayValue([input], [.sequence, .outerWrapper]))
        }
        let result = try evaluate(expression, context, root)
        if !options.allowsFunctionResults, try result.holdsFunctions(budget) { throw Failure("D3155") }
        // A function in the result would let another evaluation change the frames of this one.
        return hasOwnFunctions ? try result.withoutFunctions(budget) : result
    }

    /// Notes that a function refers to a frame.
    func capture(_ frame: Frame) throws(Failure) {
        guard !frame.isCaptured else { return }
        try budget.allocate(256)
        frame.isCaptured = true
        capturedFrames.append(frame)
    }

    /// Evaluates an expression in a context.
    func evaluate(_ expression: Expression, _ input: Value, _ frame: Frame) throws(Failure) -> Value {
        // The most frequent leaves need no bookkeeping.
        switch expression.operation {
        case .string(let text) where expression.predicates.isEmpty && expression.group == nil:
            return .string(text)
        case .number(let number) where expression.predicates.isEmpty && expression.group == nil:
            return .number(number)
        default: break
        }
        try budget.enter()
        defer { budget.leave() }
        var result = try perform(expression, input, frame)
        for predicate in expression.predicates {
            result = try filter(result, by: predicate, frame)
        }
        if let group = expression.group {
            if case .path = expression.operation {} else { result = try evaluate(group, result, frame) }
        }
        guard case .array(let array) = result, array.isSequence, !array.flags.contains(.tupleStream) else {
            return result
        }
        if array.count == 0 { return .undefined }
        try budget.checkNesting(result)
        if expression.keepArray { return .array(array.marked(.keepSingleton)) }
        if array.count == 1, !array.flags.contains(.keepSingleton) { return array.items[0] }
        return result
    }

    private func perform(_ expression: Expression, _ input: Value, _ frame: Frame) throws(Failure) -> Value {
        switch expression.operation {
        case .path(let path): return try evaluate(path, expression.group, input, frame)
        case .name(let key): return try lookup(key, in: input)
        case .context: return Evaluator.context(input)
        case .variable(let name, let builtin):
            try budget.scan(frame.depth)
            return variable(name, builtin, frame)
        case .call(let call): return try evaluate(call, input, frame)
        case .binary(let binary, let left, let right):
            return try evaluate(binary, left, right, expression.position, input, frame)
        case .string(let text): return .string(text)
        case .number(let number): return .number(number)
        case .bool(let value): return .bool(value)
        case .null: return .null
        case .object(let group): return try evaluate(group, input, frame)
        case .array(let items, let isConstructor):
            return try array(items, isConstructor: isConstructor, input, frame)
        case .condition(let condition, let then, let otherwise):
            let isTrue = try evaluate(condition, input, frame).isTrue(budget)
            if isTrue { return try evaluate(then, input, frame) }
            return try otherwise.map(or: .undefined) { other throws(Failure) in
                try evaluate(other, input, frame)
            }
        case .block(let expressions): return try block(expressions, input, frame)
        case .bind(let name, let value):
            let result = try evaluate(value, input, frame)
            frame.bind(name, result)
            return result
        case .wildcard: return try wildcard(input)
        case .descendants: return try descendants(input)
        case .parent(let label): return frame.lookup(label) ?? .undefined
        case .placeholder: return .undefined
        default: return try performRest(expression, input, frame)
        }
    }

    private func performRest(
        _ expression: Expression, _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        switch expression.operation {
        case .and(let left, let right):
            return try logical(left, right, isAnd: true, expression.position, input, frame)
        case .or(let left, let right):
            return try logical(left, right, isAnd: false, expression.position, input, frame)
        case .negate(let operand): return try negate(operand, expression.position, input, frame)
        case .regex(let pattern):
            return try function(.regex(pattern, position: expression.position))
        case .partial(let call): return try partial(call, input, frame)
        case .lambda(let lambda): return try function(lambda, input, frame)
        case .apply(let left, let right):
            return try chain(left, right, expression.position, input, frame)
        case .transform(let transform):
            try capture(frame)
            return try function(.transform(transform, frame: frame))
        case .fallback(let first, let second, let isForUndefined):
            let value = try evaluate(first, input, frame)
            let isUsed = isForUndefined ? value.isDefined : try value.isTrue(budget)
            return isUsed ? value : try evaluate(second, input, frame)
        default: return .undefined
        }
    }

    /// The value of `$`.
    private static func context(_ input: Value) -> Value {
        if case .array(let array) = input, array.flags.contains(.outerWrapper) { return array.items[0] }
        return input
    }

    private func variable(_ name: Name, _ builtin: Builtin?, _ frame: Frame) -> Value {
        if let value = frame.lookup(name) { return value }
        guard let builtin, !builtin.isEval || options.allowsEval else { return .undefined }
        return .function(FunctionValue(.builtin(builtin)))
    }

    private func function(_ lambda: Lambda, _ input: Value, _ frame: Frame) throws(Failure) -> Value {
        if let call = lambda.thunk {
            return .function(FunctionValue(.thunk(call, input: input, frame: frame)))
        }
        try capture(frame)
        return try function(.lambda(lambda, input: input, frame: frame))
    }

    /// A new function, after counting its memory and checking how deep it nests.
    func function(_ kind: FunctionValue.Kind) throws(Failure) -> Value {
        hasOwnFunctions = true
        try budget.allocate(64)
        let function = Value.function(FunctionValue(kind))
        try budget.checkNesting(function)
        return function
    }

    private func block(
        _ expressions: [Expression], _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        let scope = Frame(frame)
        var result = Value.undefined
        for expression in expressions { result = try evaluate(expression, input, scope) }
        return result
    }

    private func array(
        _ items: [Expression], isConstructor: Bool, _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        var result = ArrayValue([])
        // The size of the storage that the result shares with another array. The next append copies it.
        var sharedCount = 0
        for item in items {
            let value = try evaluate(item, input, frame)
            guard value.isDefined else { continue }
            try budget.allocate(sharedCount * 16 + 16)
            let isFirst = result.count == 0
            sharedCount = 0
            guard case .array(let addition) = value else {
                result.append(value)
                continue
            }
            if case .array = item.operation {
                result.append(value)
            } else if isFirst {
                result = addition.marked([], replacing: true)
                sharedCount = addition.count
            } else {
                try budget.allocate(addition.count * 16)
                result.append(contentsOf: addition)
            }
        }
        try budget.allocate(48)
        try budget.checkNesting(.array(result))
        return .array(isConstructor ? result.marked(.constructed) : result)
    }
}

extension Optional {
    /// Transforms the wrapped value, or answers a default.
    func map<Result, E: Error>(
        or fallback: Result, _ transform: (Wrapped) throws(E) -> Result
    ) throws(E) -> Result {
        guard let self else { return fallback }
        return try transform(self)
    }
}
