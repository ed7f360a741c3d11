extension Builtin {
    /// The functions that work on objects.
    static let objects: [Builtin] = [
        Builtin("keys", "<x-:a<s>>", arity: 1) { call throws(Failure) in
            let found = ObjectValue()
            try collectKeys(call[0], into: found, call.budget)
            return try call.list(found.keys.map { .string($0) }, isSequence: true)
        },
        Builtin("lookup", "<x-s:x>", arity: 2) { call throws(Failure) in
            try call.evaluator.lookup(try call.text(1) ?? "undefined", in: call[0])
        },
        Builtin("spread", "<x-:a<o>>", arity: 1) { call throws(Failure) in try spread(call[0], call) },
        Builtin("merge", "<a<o>:o>", arity: 1) { call throws(Failure) in
            guard let items = call.items(0) else { return .undefined }
            let result = ObjectValue()
            for case .object(let object) in items {
                for (key, value) in Swift.zip(object.keys, object.values) {
                    try call.budget.step()
                    try call.budget.allocateMember(key)
                    result[key] = value
                }
            }
            return .object(result)
        },
        Builtin("clone", "<(oa)-:o>", arity: 1) { call throws(Failure) in
            call.has(0) ? try call[0].copied(.json, call.budget) : .undefined
        },
    ]

    private static func collectKeys(
        _ value: Value, into found: ObjectValue, _ budget: Budget
    ) throws(Failure) {
        try budget.step()
        switch value {
        case .object(let object):
            for key in object.keys {
                try budget.step()
                try budget.scan(key.count)
                guard found[key] == nil else { continue }
                try budget.allocateMember(key)
                found[key] = .bool(true)
            }
        case .array(let array):
            try budget.checkStack()
            for item in array.items { try collectKeys(item, into: found, budget) }
        default: break
        }
    }

    private static func spread(_ value: Value, _ call: BuiltinCall) throws(Failure) -> Value {
        switch value {
        case .array(let array):
            try call.budget.checkStack()
            guard array.count > 0 else { return .sequence([]) }
            var items: [Value] = []
            for item in array.items {
                try call.budget.step()
                let part = try spread(item, call)
                guard part.isDefined else { continue }
                let parts = part.itemsOrSelf
                try call.budget.allocate(parts.count * 16)
                items.append(contentsOf: parts)
            }
            return .list(items)
        case .object(let object):
            try call.budget.allocate(object.count * 128)
            return try call.list(
                Swift.zip(object.keys, object.values).map { .object(ObjectValue([($0, $1)])) },
                isSequence: true)
        case .function(let function):
            if case .builtin = function.kind { return .sequence([]) }
            return value
        default: return value
        }
    }

    /// The functions about types and errors, and `$eval`.
    static let general: [Builtin] = [
        Builtin("type", "<x:s>", arity: 1) { call throws(Failure) in
            switch call[0] {
            case .undefined: return .undefined
            case .null: return .string("null")
            case .bool: return .string("boolean")
            case .number:
                _ = try call[0].finiteNumber()
                return .string("number")
            case .string: return .string("string")
            case .array: return .string("array")
            case .object, .tuple: return .string("object")
            case .function: return .string("function")
            }
        },
        Builtin("error", "<s?:x>", arity: 1) { call throws(Failure) in
            throw Failure("D3137", message: try message(call, 0) ?? "$error() function evaluated")
        },
        Builtin("assert", "<bs?:x>", arity: 2) { call throws(Failure) in
            if case .bool(true) = call[0] { return .undefined }
            throw Failure("D3141", message: try message(call, 1) ?? "$assert() statement failed")
        },
        Builtin("eval", "<sx?:x>", arity: 2, eval),
    ]

    private static func message(_ call: BuiltinCall, _ index: Int) throws(Failure) -> Text? {
        guard let text = try call.text(index), !text.isEmpty else { return nil }
        return text
    }

    @Sendable private static func eval(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let source = try call.text(0) else { return .undefined }
        var input = call.context
        if call.has(1) {
            input = call[1]
            if case .array(let array) = input, !array.isSequence {
                input = .array(ArrayValue([input], [.sequence, .outerWrapper]))
            }
        }
        let expression: Expression
        do {
            expression = try Lowering.compile(source, call.budget)
        } catch {
            throw wrapped(error, "D3120")
        }
        do {
            return try call.evaluator.evaluate(expression, input, call.frame)
        } catch {
            throw wrapped(error, "D3121")
        }
    }

    /// The error of an evaluated expression. Limits stay what they are.
    private static func wrapped(_ error: Failure, _ code: String) -> Failure {
        error.code == "U1001" ? error : Failure(code, value: .string(Text(error.message)))
    }
}
