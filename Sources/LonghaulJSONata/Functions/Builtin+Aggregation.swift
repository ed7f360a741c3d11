extension Builtin {
    /// The functions that make one value of many.
    static let aggregation: [Builtin] = [
        Builtin("sum", "<a<n>:n>", arity: 1) { call throws(Failure) in
            try fold(call) { $0.reduce(0, +) }
        },
        Builtin("count", "<a:n>", arity: 1) { call throws(Failure) in
            .number(Double(call.items(0)?.count ?? 0))
        },
        Builtin("max", "<a<n>:n>", arity: 1) { call throws(Failure) in
            try fold(call) { $0.max() }
        },
        Builtin("min", "<a<n>:n>", arity: 1) { call throws(Failure) in
            try fold(call) { $0.min() }
        },
        Builtin("average", "<a<n>:n>", arity: 1) { call throws(Failure) in
            try fold(call) { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) }
        },
    ]

    private static func fold(
        _ call: BuiltinCall, _ combine: ([Double]) -> Double?
    ) throws(Failure) -> Value {
        guard let items = call.items(0) else { return .undefined }
        try call.budget.allocate(items.count * 8)
        try call.budget.scan(items.count)
        var numbers: [Double] = []
        numbers.reserveCapacity(items.count)
        for case .number(let number) in items { numbers.append(number) }
        return combine(numbers).map { .number($0) } ?? .undefined
    }

    /// The functions about truth.
    static let conditions: [Builtin] = [
        Builtin("boolean", "<x-:b>", arity: 1) { call throws(Failure) in
            try call[0].truth(call.budget).map { .bool($0) } ?? .undefined
        },
        Builtin("not", "<x-:b>", arity: 1) { call throws(Failure) in
            try call[0].truth(call.budget).map { .bool(!$0) } ?? .undefined
        },
        Builtin("exists", "<x:b>", arity: 1) { call throws(Failure) in .bool(call.has(0)) },
    ]
}
