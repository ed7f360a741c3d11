extension Builtin {
    /// The functions that work on arrays.
    static let arrays: [Builtin] = [
        Builtin("append", "<xx:a>", arity: 2) { call throws(Failure) in
            try call.evaluator.append(call[0], call[1])
        },
        Builtin("reverse", "<a:a>", arity: 1) { call throws(Failure) in
            guard case .array(let array) = call[0], array.count > 1 else { return call[0] }
            return try call.list(array.items.reversed())
        },
        Builtin("shuffle", "<a:a>", arity: 1) { call throws(Failure) in
            guard case .array(let array) = call[0], array.count > 1 else { return call[0] }
            var items = array.items
            for index in stride(from: items.count - 1, to: 0, by: -1) {
                try call.budget.step()
                items.swapAt(index, Int(Random.unit() * Double(index + 1)))
            }
            return try call.list(items)
        },
        Builtin("distinct", "<x:x>", arity: 1, distinct),
        Builtin("zip", "<a+>", arity: 0, zip),
        Builtin("sort", "<af?:a>", arity: 2, sort),
    ]

    @Sendable private static func zip(_ call: BuiltinCall) throws(Failure) -> Value {
        let columns = call.arguments.map { $0.array?.items ?? [] }
        let length = columns.map(\.count).min() ?? 0
        try call.budget.allocate(length * (48 + columns.count * 16))
        return try call.list((0..<length).map { row in .list(columns.map { $0[row] }) })
    }

    @Sendable private static func distinct(_ call: BuiltinCall) throws(Failure) -> Value {
        guard case .array(let array) = call[0], array.count > 1 else { return call[0] }
        var results: [Value] = []
        var seenTexts = Set<Text>()
        var seenNumbers = Set<Double>()
        for item in array.items {
            switch item {
            case .string(let text):
                try call.budget.allocate(48)
                try call.budget.scan(text.count)
                if seenTexts.insert(text).inserted { results.append(item) }
            case .number(let number) where !number.isNaN:
                try call.budget.allocate(48)
                if seenNumbers.insert(number).inserted { results.append(item) }
            default:
                try call.budget.allocate(16)
                if try !contains(results, item, call.budget) { results.append(item) }
            }
        }
        return array.isSequence ? .sequence(results) : .list(results)
    }

    private static func contains(
        _ items: [Value], _ value: Value, _ budget: Budget
    ) throws(Failure) -> Bool {
        for item in items {
            if try Value.areEqual(item, value, budget) { return true }
        }
        return false
    }

    @Sendable private static func sort(_ call: BuiltinCall) throws(Failure) -> Value {
        guard case .array(let array) = call[0], array.count > 1 else { return call[0] }
        let sorted: [Value]
        if let comparator = try call.function(1) {
            sorted = try MergeSort.sorted(array.items, call.budget) { (left, right) throws(Failure) in
                try call.evaluator.call(comparator, [left, right]).isLooselyTrue
            }
        } else {
            sorted = try sortedByDefault(array.items, call.budget)
        }
        return try call.list(sorted)
    }

    private static func sortedByDefault(_ items: [Value], _ budget: Budget) throws(Failure) -> [Value] {
        try budget.scan(items.count)
        let areNumbers = items.allSatisfy { if case .number = $0 { true } else { false } }
        let areStrings = items.allSatisfy { if case .string = $0 { true } else { false } }
        guard areNumbers || areStrings else { throw Failure("D3070", details: ["index": .number(1)]) }
        if areNumbers { for item in items { _ = try item.finiteNumber() } }
        return try MergeSort.sorted(items, budget) { (left, right) throws(Failure) in
            switch (left, right) {
            case (.number(let a), .number(let b)): return a > b
            case (.string(let a), .string(let b)): return try Text.isLess(b, a, budget)
            default: return false
            }
        }
    }
}

extension Value {
    /// The value as a condition of JavaScript, for comparison functions.
    fileprivate var isLooselyTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .bool(let value): value
        case .number(let number): number != 0 && !number.isNaN
        case .string(let text): !text.isEmpty
        default: true
        }
    }
}
