extension Evaluator {
    /// Where and by which name a function is called, for errors.
    struct CallSite {
        let name: Text?
        let position: Int
    }

    /// Evaluates a call of a function.
    ///
    /// - Parameter first: An argument that comes before the written ones, as `~>` gives it.
    func evaluate(
        _ call: Call, _ input: Value, _ frame: Frame, first: Value? = nil
    ) throws(Failure) -> Value {
        let procedure = try evaluate(call.procedure, input, frame)
        if !procedure.isDefined, isForgottenDollar(call, frame) {
            throw Failure(
                "T1005", token: call.name.map { .string($0) } ?? .undefined, position: call.position)
        }
        var arguments: [Value] = []
        arguments.reserveCapacity(call.arguments.count + 1)
        if let first { arguments.append(first) }
        for argument in call.arguments {
            let value = try evaluate(argument, input, frame)
            arguments.append(Evaluator.passed(value))
        }
        do {
            let site = CallSite(name: call.name, position: call.position)
            return try apply(procedure, arguments, context: input, frame, site)
        } catch {
            if error.position == nil { error.position = call.position }
            if !error.token.isDefined, let name = call.name { error.token = .string(name) }
            throw error
        }
    }

    /// True if a bare name is called that would be a function with `$` in front of it.
    private func isForgottenDollar(_ call: Call, _ frame: Frame) -> Bool {
        guard call.isBareName, let name = call.name else { return false }
        return frame.lookup(Name(name)) != nil || Builtin.named(name) != nil
    }

    /// A function that is passed as an argument loses the context of its definition.
    private static func passed(_ value: Value) -> Value {
        guard case .function(let function) = value else { return value }
        if case .passed = function.kind { return value }
        return .function(FunctionValue(.passed(function)))
    }

    /// Calls a function from a built-in one.
    func call(_ function: FunctionValue, _ arguments: [Value]) throws(Failure) -> Value {
        try apply(.function(function), arguments, context: .null, root)
    }

    /// Calls a function, and then the tail calls that it ends with.
    func apply(
        _ procedure: Value, _ arguments: [Value], context: Value, _ frame: Frame, _ site: CallSite? = nil
    ) throws(Failure) -> Value {
        var result = try applyOnce(procedure, arguments, context: context, frame, site)
        while case .function(let function) = result,
            case .thunk(let call, let input, let scope) = function.kind
        {
            let next = try evaluate(call.procedure, input, scope)
            var values: [Value] = []
            values.reserveCapacity(call.arguments.count)
            for argument in call.arguments { values.append(try evaluate(argument, input, scope)) }
            let site = CallSite(name: call.variable, position: call.procedure.position)
            result = try applyOnce(next, values, context: input, frame, site)
        }
        return result
    }

    private func applyOnce(
        _ procedure: Value, _ arguments: [Value], context: Value, _ frame: Frame, _ site: CallSite?
    ) throws(Failure) -> Value {
        guard case .function(let function) = procedure else { throw Failure("T1006") }
        do {
            return try invoke(function, arguments, context: context, frame)
        } catch {
            if let site, function.keepsCallSite {
                if !error.token.isDefined, let name = site.name { error.token = .string(name) }
                if site.position > 0 { error.position = site.position }
            }
            throw error
        }
    }

    private func invoke(
        _ function: FunctionValue, _ arguments: [Value], context: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        try budget.checkStack()
        switch function.kind {
        case .builtin(let builtin):
            let valid = try builtin.signature?.validate(arguments, context: context, budget) ?? arguments
            return try run(builtin, valid, context: context, frame)
        case .lambda(let lambda, let input, let scope):
            let valid = try lambda.signature?.validate(arguments, context: context, budget) ?? arguments
            return try run(lambda, lambda.parameters, valid, input: input, scope)
        case .partialLambda(let lambda, let parameters, let input, let scope):
            return try run(lambda, parameters, arguments, input: input, scope)
        case .passed(let inner):
            return try apply(.function(inner), arguments, context: .null, frame)
        case .partial(let inner, let given):
            return try runPartial(inner, given, arguments, context: context, frame)
        case .regex(let pattern, let position):
            guard case .string(let subject)? = arguments.first else { return .undefined }
            return try match(pattern, subject, from: 0, position: position)
        case .nextMatch(let pattern, let position, let subject, let offset):
            return try nextMatch(pattern, subject, from: offset, position: position)
        case .transform(let transform, let scope):
            let valid =
                try Evaluator.transformSignature?.validate(arguments, context: context, budget) ?? arguments
            return try run(transform, valid.first ?? .undefined, scope)
        case .thunk: return .function(function)
        }
    }

    private static let transformSignature = Builtin.signature("<(oa):o>")

    private func run(
        _ builtin: Builtin, _ arguments: [Value], context: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        try budget.step()
        try budget.checkStack()
        let call = BuiltinCall(evaluator: self, arguments: arguments, context: context, frame: frame)
        let result = try builtin.run(call)
        try budget.checkNesting(result)
        return result
    }

    private func run(
        _ lambda: Lambda, _ parameters: [Name], _ arguments: [Value], input: Value, _ scope: Frame
    ) throws(Failure) -> Value {
        let frame = Frame(scope)
        for (index, name) in parameters.enumerated() {
            try budget.scan(index)
            frame.bind(name, index < arguments.count ? arguments[index] : .undefined)
        }
        return try evaluate(lambda.body, input, frame)
    }

    private func runPartial(
        _ function: FunctionValue, _ given: [Value?], _ arguments: [Value], context: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        var rest = arguments.makeIterator()
        let all = given.map { $0 ?? rest.next() ?? .undefined }
        if case .builtin(let builtin) = function.kind {
            // As in the reference implementation, the signature is not checked here.
            return try run(builtin, all, context: context, frame)
        }
        return try apply(.function(function), all, context: context, frame)
    }

    // MARK: Partial application

    /// Evaluates a call with placeholders.
    func partial(_ call: Call, _ input: Value, _ frame: Frame) throws(Failure) -> Value {
        var arguments: [Value?] = []
        for argument in call.arguments {
            if case .placeholder = argument.operation {
                arguments.append(nil)
            } else {
                arguments.append(try evaluate(argument, input, frame))
            }
        }
        let procedure = try evaluate(call.procedure, input, frame)
        guard case .function(let function) = procedure else {
            let isForgotten = !procedure.isDefined && isForgottenDollar(call, frame)
            throw Failure(
                isForgotten ? "T1007" : "T1008", token: call.name.map { .string($0) } ?? .undefined,
                position: call.position)
        }
        return try partial(function, arguments)
    }

    private func partial(_ inner: FunctionValue, _ arguments: [Value?]) throws(Failure) -> Value {
        try budget.allocate(arguments.count * 16)
        switch inner.kind {
        case .lambda(let lambda, let input, let scope):
            return try partial(lambda, lambda.parameters, arguments, input: input, scope)
        case .partialLambda(let lambda, let parameters, let input, let scope):
            return try partial(lambda, parameters, arguments, input: input, scope)
        case .passed(let inner): return try partial(inner, arguments)
        default:
            var given = arguments
            while given.count < inner.arity { given.append(.some(.undefined)) }
            return try function(.partial(inner, arguments: given))
        }
    }

    private func partial(
        _ lambda: Lambda, _ parameters: [Name], _ arguments: [Value?], input: Value, _ scope: Frame
    ) throws(Failure) -> Value {
        let frame = Frame(scope)
        var unbound: [Name] = []
        for (index, name) in parameters.enumerated() {
            try budget.scan(index)
            if index < arguments.count, arguments[index] == nil {
                unbound.append(name)
            } else {
                frame.bind(name, index < arguments.count ? arguments[index] ?? .undefined : .undefined)
            }
        }
        try capture(frame)
        return try function(.partialLambda(lambda, parameters: unbound, input: input, frame: frame))
    }

    // MARK: Function application

    /// Evaluates `left ~> right`.
    func chain(
        _ left: Expression, _ right: Expression, _ position: Int, _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        let argument = try evaluate(left, input, frame)
        if case .call(let call) = right.operation {
            return try evaluate(call, input, frame, first: argument)
        }
        let procedure = try evaluate(right, input, frame)
        guard case .function = procedure else {
            throw Failure("T2006", position: position, value: procedure)
        }
        guard case .function = argument else {
            return try apply(procedure, [argument], context: .null, frame)
        }
        let scope = Frame(frame)
        scope.bind(Evaluator.firstOfChain, argument)
        scope.bind(Evaluator.secondOfChain, procedure)
        return try evaluate(Evaluator.composition, .null, scope)
    }

    private static let firstOfChain = Name("f")
    private static let secondOfChain = Name("g")

    /// `function($x) { $g($f($x)) }`
    private static let composition: Expression = {
        func variable(_ name: Name) -> Expression { Expression(.variable(name, nil), position: 0) }
        let argument = Name("x")
        let inner = Call(procedure: variable(firstOfChain), arguments: [variable(argument)], position: 0)
        let outer = Call(
            procedure: variable(secondOfChain), arguments: [Expression(.call(inner), position: 0)],
            position: 0)
        let body = Expression(.placeholder, position: 0)
        let delayed = Lambda(parameters: [], signature: nil, body: body, thunk: outer)
        return Expression(
            .lambda(
                Lambda(
                    parameters: [argument], signature: nil,
                    body: Expression(.lambda(delayed), position: 0))), position: 0)
    }()

    // MARK: Transforms

    private func run(_ transform: Transform, _ input: Value, _ frame: Frame) throws(Failure) -> Value {
        guard input.isDefined else { return .undefined }
        let owner = TransformCopy()
        let copy = try cloned(input, transform, frame, owner)
        let matches = try evaluate(transform.pattern, copy, frame)
        guard matches.isDefined else { return copy }
        var hasGrown = false
        for match in matches.itemsOrSelf {
            try budget.step()
            // The pattern may also find objects outside the copy, such as those of the input. They stay as they are.
            guard case .object(let target) = match, target.copy === owner else { continue }
            let before = target.nesting
            try update(target, by: transform, frame)
            if target.nesting > before { hasGrown = true }
        }
        if hasGrown { try copy.measure(budget) }
        return copy
    }

    /// A copy of the input, or of the result of a `$clone` that the expression defines.
    private func cloned(
        _ input: Value, _ transform: Transform, _ frame: Frame, _ owner: TransformCopy
    ) throws(Failure) -> Value {
        guard let own = frame.lookup(Evaluator.clone) else {
            return try input.copied(.json, budget, owner: owner)
        }
        guard case .function = own else { throw Failure("T2013", position: transform.position) }
        return try apply(own, [input], context: .null, frame).copied(.exact, budget, owner: owner)
    }

    private static let clone = Name("clone")

    private func update(_ target: ObjectValue, by transform: Transform, _ frame: Frame) throws(Failure) {
        let match = Value.object(target)
        let update = try evaluate(transform.update, match, frame)
        if case .object(let update) = update {
            for (key, value) in zip(update.keys, update.values) {
                // A copy, because the value may hold the very object that it becomes part of.
                let copy = try value.copied(.exact, budget)
                try budget.allocateMember(key)
                target[key] = copy
            }
            try budget.checkNesting(match)
        } else if update.isDefined {
            throw Failure("T2011", position: transform.update.position, value: update)
        }
        guard let deletion = transform.deletion else { return }
        let deletions = try evaluate(deletion, match, frame)
        guard deletions.isDefined else { return }
        var removed = Set<Text>()
        for item in deletions.itemsOrSelf {
            guard case .string(let key) = item else {
                throw Failure("T2012", position: deletion.position, value: deletions)
            }
            try budget.allocateMember(key)
            removed.insert(key)
        }
        try budget.scan(target.keys.reduce(target.count) { $0 + $1.count })
        target.remove(removed)
    }
}

extension FunctionValue {
    /// True for functions whose errors get the name and the position of the call.
    fileprivate var keepsCallSite: Bool {
        switch kind {
        case .builtin, .lambda, .partialLambda, .partial, .transform: true
        case .passed, .regex, .nextMatch, .thunk: false
        }
    }
}
