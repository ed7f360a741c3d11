extension Builtin {
    /// The functions about dates and times.
    static let dates: [Builtin] = [
        Builtin("now", "<s?s?:s>", arity: 2) { call throws(Failure) in
            try format(call.evaluator.timestamp, call, picture: 0)
        },
        Builtin("millis", "<:n>", arity: 0) { call throws(Failure) in .number(call.evaluator.timestamp) },
        Builtin("fromMillis", "<n-s?s?:s>", arity: 3) { call throws(Failure) in
            guard let milliseconds = try call.number(0) else { return .undefined }
            return try format(milliseconds, call, picture: 1)
        },
        Builtin("toMillis", "<s-s?:n>", arity: 2) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            if let picture = try call.text(1) {
                let result = try DateTimeParser.parse(
                    text, picture, now: call.evaluator.timestamp, call.budget)
                return result.map { .number($0) } ?? .undefined
            }
            guard let milliseconds = try ISODate.milliseconds(text, call.budget) else {
                throw Failure("D3110", value: call[0])
            }
            return .number(milliseconds)
        },
    ]

    private static func format(
        _ milliseconds: Double, _ call: BuiltinCall, picture: Int
    ) throws(Failure) -> Value {
        .string(
            try DateTimeFormatter.format(
                milliseconds, try call.text(picture), timezone: try call.text(picture + 1), call.budget))
    }
}
