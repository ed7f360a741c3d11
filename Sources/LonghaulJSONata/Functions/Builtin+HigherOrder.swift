extension Builtin {
    /// The functions that call functions.
    static let higherOrder: [Builtin] = [
        Builtin("map", "<af>", arity: 2) { call throws(Failure) in
            guard let items = call.items(0), let function = try call.function(1) else { return .undefined }
            let results = ArrayValue([], [.sequence])
            for (index, item) in items.enumerated() {
                let result = try invoke(function, item, .number(Double(index)), call[0], call)
                guard result.isDefined else { continue }
                try call.budget.allocate(16)
                results.append(result)
            }
            return .array(results)
        },
        Builtin("filter", "<af>", arity: 2) { call throws(Failure) in
            guard let items = call.items(0), let function = try call.function(1) else { return .undefined }
            let results = ArrayValue([], [.sequence])
            for (index, item) in items.enumerated() {
                let isKept = try invoke(function, item, .number(Double(index)), call[0], call)
                guard try isKept.isTrue(call.budget) else { continue }
                try call.budget.allocate(16)
                results.append(item)
            }
            return .array(results)
        },
        Builtin("single", "<af?>", arity: 2, single),
        Builtin("reduce", "<afj?:j>", arity: 3, reduce),
        Builtin("sift", "<o-f?:o>", arity: 2, sift),
        Builtin("each", "<o-f:a>", arity: 2) { call throws(Failure) in
            let results = ArrayValue([], [.sequence])
            guard case .object(let object) = call[0], let function = try call.function(1) else {
                return .array(results)
            }
            for (key, value) in Swift.zip(object.keys, object.values) {
                let result = try invoke(function, value, .string(key), call[0], call)
                guard result.isDefined else { continue }
                try call.budget.allocate(16)
                results.append(result)
            }
            return .array(results)
        },
    ]

    /// Calls a function with as many of value, key and container as it has parameters.
    private static func invoke(
        _ function: FunctionValue, _ value: Value, _ key: Value, _ container: Value, _ call: BuiltinCall
    ) throws(Failure) -> Value {
        try call.budget.step()
        switch function.arity {
        case ...1: return try call.evaluator.call(function, [value])
        case 2: return try call.evaluator.call(function, [value, key])
        default: return try call.evaluator.call(function, [value, key, container])
        }
    }

    @Sendable private static func single(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let items = call.items(0) else { return .undefined }
        let function = try call.function(1)
        var found: Value?
        for (index, item) in items.enumerated() {
            if let function {
                let isMatch = try invoke(function, item, .number(Double(index)), call[0], call)
                guard try isMatch.isTrue(call.budget) else { continue }
            }
            guard found == nil else { throw Failure("D3138", details: ["index": .number(Double(index))]) }
            found = item
        }
        guard let found else { throw Failure("D3139") }
        return found
    }

    @Sendable private static func reduce(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let items = call.items(0), let function = try call.function(1) else { return .undefined }
        let arity = function.arity
        guard arity >= 2 else { throw Failure("D3050", details: ["index": .number(1)]) }
        var result = call[2]
        var index = 0
        if !result.isDefined, let first = items.first {
            result = first
            index = 1
        }
        while index < items.count {
            try call.budget.step()
            var arguments = [result, items[index]]
            if arity >= 3 { arguments.append(.number(Double(index))) }
            if arity >= 4 { arguments.append(call[0]) }
            result = try call.evaluator.call(function, arguments)
            index += 1
        }
        return result
    }

    @Sendable private static func sift(_ call: BuiltinCall) throws(Failure) -> Value {
        guard case .object(let object) = call[0] else { return .undefined }
        guard let function = try call.function(1) else { throw call.mismatch(1) }
        let result = ObjectValue()
        for (key, value) in Swift.zip(object.keys, object.values) {
            let isKept = try invoke(function, value, .string(key), call[0], call)
            guard try isKept.isTrue(call.budget) else { continue }
            try call.budget.allocateMember(key)
            result[key] = value
        }
        return result.count > 0 ? .object(result) : .undefined
    }
}
