extension Value {
    /// Compares two values deeply. The order of an object's keys does not matter.
    ///
    /// - Throws: An error if the comparison exceeds the time limit.
    static func areEqual(_ left: Value, _ right: Value, _ budget: Budget) throws(Failure) -> Bool {
        try budget.step()
        switch (left, right) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.number(let a), .number(let b)): return a == b
        case (.string(let a), .string(let b)): return try Text.areEqual(a, b, budget)
        case (.function(let a), .function(let b)): return a === b
        case (.array(let a), .array(let b)):
            if a === b { return true }
            try budget.checkStack()
            guard a.count == b.count else { return false }
            for index in a.items.indices {
                guard try areEqual(a.items[index], b.items[index], budget) else { return false }
            }
            return true
        case (.object(let a), .object(let b)):
            if a === b { return true }
            try budget.checkStack()
            guard a.count == b.count else { return false }
            for (key, value) in zip(a.keys, a.values) {
                try budget.scan(key.count)
                guard let other = b[key], try areEqual(value, other, budget) else { return false }
            }
            return true
        default: return false
        }
    }

    /// Compares as JavaScript's `===`: containers and functions by identity.
    static func areIdentical(_ left: Value, _ right: Value, _ budget: Budget) throws(Failure) -> Bool {
        switch (left, right) {
        case (.array(let a), .array(let b)): a === b
        case (.object(let a), .object(let b)): a === b
        default: try areEqual(left, right, budget)
        }
    }

    /// The number, if the value is one.
    ///
    /// - Throws: D1001 for a number beyond the range of doubles.
    func finiteNumber() throws(Failure) -> Double? {
        guard case .number(let number) = self else { return nil }
        if number.isInfinite { throw Failure("D1001", value: self) }
        return number.isNaN ? nil : number
    }

    /// The value as a condition; nil for `undefined`.
    ///
    /// - Throws: An error if the walk through nested arrays exceeds a limit.
    func truth(_ budget: Budget) throws(Failure) -> Bool? {
        try budget.step()
        switch self {
        case .undefined: return nil
        case .null, .function, .tuple: return false
        case .bool(let value): return value
        case .string(let text): return !text.isEmpty
        case .number:
            guard let number = try finiteNumber() else { return false }
            return number != 0
        case .object(let object): return object.count > 0
        case .array(let array):
            try budget.checkStack()
            for item in array.items {
                if try item.truth(budget) ?? false { return true }
            }
            return false
        }
    }

    /// The value as a condition, `undefined` counting as false.
    func isTrue(_ budget: Budget) throws(Failure) -> Bool {
        try truth(budget) ?? false
    }
}
