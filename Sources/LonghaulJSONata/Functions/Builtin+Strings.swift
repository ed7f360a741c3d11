extension Builtin {
    /// The functions that work on strings, besides those that match patterns.
    static let strings: [Builtin] = [
        Builtin("string", "<x-b?:s>", arity: 1) { call throws(Failure) in
            let isPretty = try call[1].isTrue(call.budget)
            return try call.evaluator.text(of: call[0], indent: isPretty ? 2 : 0).map { .string($0) }
                ?? .undefined
        },
        Builtin("substring", "<s-nn?:s>", arity: 3, substring),
        Builtin("substringBefore", "<s-s:s>", arity: 2) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            let separator = try call.text(1) ?? "undefined"
            return .string(try text.firstIndex(of: separator, call.budget).map { text.slice(0, $0) } ?? text)
        },
        Builtin("substringAfter", "<s-s:s>", arity: 2) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            let separator = try call.text(1) ?? "undefined"
            let index = try text.firstIndex(of: separator, call.budget)
            return .string(index.map { text.slice($0 + separator.count, text.count) } ?? text)
        },
        Builtin("lowercase", "<s-:s>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            try call.budget.allocateString(text.count)
            return .string(text.lowercased)
        },
        Builtin("uppercase", "<s-:s>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            try call.budget.allocateString(text.count)
            return .string(text.uppercased)
        },
        Builtin("length", "<s-:n>", arity: 1) { call throws(Failure) in
            guard let text = try call.text(0) else { return .undefined }
            try call.budget.scan(text.count)
            return .number(Double(text.codePointCount))
        },
        Builtin("trim", "<s-:s>", arity: 1, trim),
        Builtin("pad", "<s-ns?:s>", arity: 3, pad),
        Builtin("join", "<a<s>s?:s>", arity: 2, join),
    ]

    @Sendable private static func substring(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        var start = try call.number(1) ?? 0
        try call.budget.scan(text.count)
        let count = Double(text.codePointCount)
        if count + start < 0 { start = 0 }
        var end = count
        if let length = try call.number(2) {
            if length <= 0 { return .emptyString }
            end = start >= 0 ? start + length : count + start + length
        }
        // Positions as JavaScript's `slice` reads them.
        func position(_ number: Double) -> Int {
            let whole = number.isNaN ? 0 : number.rounded(.towardZero)
            return Int(max(0, min(whole < 0 ? count + whole : whole, count)))
        }
        let first = position(start)
        let last = position(end)
        guard first < last else { return .emptyString }
        let part = text.slice(text.offset(ofCodePoint: first), text.offset(ofCodePoint: last))
        return try call.string(part)
    }

    @Sendable private static func trim(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        try call.budget.allocateString(text.count)
        var units: [UInt16] = []
        units.reserveCapacity(text.count)
        for unit in text.units {
            let isSpace = unit == 32 || unit == 9 || unit == 10 || unit == 13
            if !isSpace {
                units.append(unit)
            } else if let last = units.last, last != 32 {
                units.append(32)
            }
        }
        if units.last == 32 { units.removeLast() }
        return .string(Text(units))
    }

    @Sendable private static func pad(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        let length = (try call.number(1) ?? 0).rounded(.towardZero)
        let isOnRight = length > 0
        var filler = try call.text(2) ?? " "
        if filler.isEmpty { filler = " " }
        try call.budget.scan(text.count + filler.count)
        let missing = length.magnitude - Double(text.codePointCount)
        guard missing >= 1 else { return .string(text) }
        let width = filler.codePointCount
        let unitsEach = filler.count > width ? 2 : 1
        try call.budget.allocateString(Int(min(missing, 1e15)) * unitsEach + text.count)
        var padding: [UInt16] = []
        var left = Int(missing)
        if filler.count == 1 {
            padding = Array(repeating: filler.units[0], count: left)
            left = 0
        }
        while left > 0 {
            try call.budget.step()
            let end = left < width ? filler.offset(ofCodePoint: left) : filler.count
            padding.append(contentsOf: filler.units[..<end])
            left -= width
        }
        return .string(isOnRight ? text + Text(padding) : Text(padding) + text)
    }

    @Sendable private static func join(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let items = call.items(0) else { return .undefined }
        let separator = try call.text(1) ?? Text([])
        var units: [UInt16] = []
        for (index, item) in items.enumerated() {
            try call.budget.step()
            if index > 0 {
                try call.budget.allocate(separator.count, appendedTo: units.count)
                units.append(contentsOf: separator.units)
            }
            if case .string(let text) = item {
                try call.budget.allocate(text.count, appendedTo: units.count)
                units.append(contentsOf: text.units)
            }
        }
        return .string(Text(units))
    }
}
