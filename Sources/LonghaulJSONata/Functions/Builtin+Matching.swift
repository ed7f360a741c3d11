extension Builtin {
    /// The functions that look for strings and patterns in strings.
    static let matching: [Builtin] = [
        Builtin("match", "<s-f<s:o>n?:a<o>>", arity: 3, match),
        Builtin("contains", "<s-(sf):b>", arity: 2, contains),
        Builtin("replace", "<s-(sf)(sf)n?:s>", arity: 4, replace),
        Builtin("split", "<s-(sf)n?:a<s>>", arity: 3, split),
    ]

    /// A limit that must not be negative; nil if there is none.
    private static func limit(_ call: BuiltinCall, _ index: Int, _ code: String) throws(Failure) -> Double? {
        guard let limit = try call.number(index) else { return nil }
        if limit < 0 {
            throw Failure(code, value: .number(limit), details: ["index": .number(Double(index + 1))])
        }
        return limit
    }

    @Sendable private static func match(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        let limit = try limit(call, 2, "D3040") ?? .infinity
        guard limit > 0, let matcher = try call.function(1) else { return .sequence([]) }
        let results = ArrayValue([], [.sequence])
        try call.evaluator.forEachMatch(of: matcher, in: text) { match throws(Failure) in
            try call.budget.allocate(256)
            results.append(
                .object(
                    ObjectValue([
                        ("match", match.text), ("index", .number(Double(match.start))),
                        ("groups", .list(match.groups)),
                    ])))
            return Double(results.count) < limit
        }
        return .array(results)
    }

    @Sendable private static func contains(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0), call.has(1) else { return .undefined }
        if case .string(let part) = call[1] {
            return .bool(try text.firstIndex(of: part, call.budget) != nil)
        }
        guard let matcher = try call.function(1) else { return .undefined }
        var isFound = false
        try call.evaluator.forEachMatch(of: matcher, in: text) { _ throws(Failure) in
            isFound = true
            return false
        }
        return .bool(isFound)
    }

    @Sendable private static func split(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        let limit = try limit(call, 2, "D3020") ?? .infinity
        guard limit > 0 else { return .list([]) }
        if case .string(let separator) = call[1] {
            // JavaScript drops the fraction of the limit.
            let parts = try text.split(by: separator, limit: Int(min(limit, 1e9)), call.budget)
            return .list(parts.map { .string($0) })
        }
        guard let matcher = try call.function(1) else { return .list([.string(text)]) }
        var parts: [Value] = []
        var start = 0
        try call.evaluator.forEachMatch(of: matcher, in: text) { match throws(Failure) in
            try call.budget.allocate(max(0, match.start - start) * 2 + 64)
            parts.append(.string(text.slice(start, match.start)))
            start = match.end
            return Double(parts.count) < limit
        }
        if Double(parts.count) < limit {
            try call.budget.allocate(max(0, text.count - start) * 2 + 64)
            parts.append(.string(text.slice(start, text.count)))
        }
        return .list(parts)
    }

    @Sendable private static func replace(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        if case .string(let pattern) = call[1], pattern.isEmpty {
            throw Failure("D3010", value: call[1], details: ["index": .number(2)])
        }
        let limit = try limit(call, 3, "D3011") ?? .infinity
        guard limit > 0 else { return .string(text) }
        if case .string(let pattern) = call[1] { return try replace(pattern, in: text, call, limit) }
        guard let matcher = try call.function(1) else { return .string(text) }
        var units: [UInt16] = []
        var position = 0
        var count = 0.0
        try call.evaluator.forEachMatch(of: matcher, in: text) { match throws(Failure) in
            let kept = text.slice(position, match.start)
            try call.budget.allocate(kept.count, appendedTo: units.count)
            units.append(contentsOf: kept.units)
            let substitute = try substitute(for: match, call)
            try call.budget.allocate(substitute.count, appendedTo: units.count)
            units.append(contentsOf: substitute.units)
            position = match.start + (match.text.text?.count ?? 0)
            count += 1
            return count < limit
        }
        let rest = text.slice(position, text.count)
        try call.budget.allocate(rest.count, appendedTo: units.count)
        units.append(contentsOf: rest.units)
        return .string(Text(units))
    }

    private static func replace(
        _ pattern: Text, in text: Text, _ call: BuiltinCall, _ limit: Double
    ) throws(Failure) -> Value {
        let replacement = try call.text(2) ?? "undefined"
        var units: [UInt16] = []
        var position = 0
        var count = 0.0
        while count < limit, let index = try text.firstIndex(of: pattern, from: position, call.budget) {
            try call.budget.allocate(index - position + replacement.count, appendedTo: units.count)
            units.append(contentsOf: text.units[position..<index])
            units.append(contentsOf: replacement.units)
            position = index + pattern.count
            count += 1
        }
        try call.budget.allocate(text.count - position, appendedTo: units.count)
        units.append(contentsOf: text.units[position...])
        return .string(Text(units))
    }

    private static func substitute(
        for match: Evaluator.Match, _ call: BuiltinCall
    ) throws(Failure) -> Text {
        if case .string(let template) = call[2] { return try expand(template, match, call.budget) }
        guard let function = try call.function(2) else { throw Failure("D3012") }
        let argument = Value.object(
            ObjectValue([
                ("match", match.text), ("start", .number(Double(match.start))),
                ("end", .number(Double(match.end))), ("groups", .list(match.groups)),
            ]))
        let result = try call.evaluator.call(function, [argument])
        guard case .string(let text) = result else { throw Failure("D3012", value: result) }
        return text
    }

    /// Replaces `$0`, `$1` … and `$$` in a replacement.
    private static func expand(
        _ template: Text, _ match: Evaluator.Match, _ budget: Budget
    ) throws(Failure) -> Text {
        try budget.allocateString(template.count)
        var units: [UInt16] = []
        func append(_ text: Text?) throws(Failure) {
            guard let text else { return }
            try budget.step()
            try budget.allocate(text.count, appendedTo: units.count)
            units.append(contentsOf: text.units)
        }
        var index = 0
        let source = template.units
        while index < source.count {
            guard source[index] == 0x24 else {
                units.append(source[index])
                index += 1
                continue
            }
            index += 1
            if index < source.count, source[index] == 0x24 {
                units.append(0x24)
                index += 1
            } else if index < source.count, source[index] == 0x30 {
                try append(match.text.text)
                index += 1
            } else if let (group, length) = groupNumber(source, index, count: match.groups.count) {
                if group >= 1, group <= match.groups.count { try append(match.groups[group - 1].text) }
                index += length
            } else {
                units.append(0x24)
            }
        }
        return Text(units)
    }

    /// The number of a group after `$`, with as many digits as there can be, and its length.
    private static func groupNumber(_ source: [UInt16], _ start: Int, count: Int) -> (Int, Int)? {
        let maxDigits = count == 0 ? 1 : String(count).utf16.count
        func number(_ digits: Int) -> Int? {
            let text = source[start...].prefix(digits).prefix { (48...57).contains($0) }
            return text.isEmpty ? nil : text.reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        guard var group = number(maxDigits) else { return nil }
        if maxDigits > 1, group > count, let shorter = number(maxDigits - 1) { group = shorter }
        return (group, String(group).utf16.count)
    }
}
