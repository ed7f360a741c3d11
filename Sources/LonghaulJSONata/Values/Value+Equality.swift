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
        case (.string(let a), .string(let b)): return a == b
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
                guard let other = b[key], try areEqual(value, other, budget) else { return false }
            }
            return true
        default: return false
        }
    }

    /// Compares as JavaScript's `===`: containers and functions by identity.
    static func areIdentical(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.undefined, .undefined), (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.function(let a), .function(let b)): a === b
        case (.array(let a), .array(let b)): a === b
        case (.object(let a), .object(let b)): a === b
        default: false
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
    func truth() throws(Failure) -> Bool? {
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
            if array.count == 1 { return try array.items[0].truth() ?? false }
            for item in array.items {
                if try item.truth() ?? false { return true }
            }
            return false
        }
    }

    /// The value as a condition, `undefined` counting as false.
    func isTrue() throws(Failure) -> Bool {
        try truth() ?? false
    }

    /// The value with copies of its arrays and objects.
    func detached(_ budget: Budget) throws(Failure) -> Value {
        guard nesting > 0 else { return self }
        try budget.step()
        try budget.checkStack()
        switch self {
        case .array(let array):
            try budget.allocate(array.count * 16)
            var items: [Value] = []
            items.reserveCapacity(array.count)
            for item in array.items { items.append(try item.detached(budget)) }
            return .array(ArrayValue(items, array.flags))
        case .object(let object):
            try budget.allocate(object.count * 48)
            let copy = ObjectValue()
            for (key, value) in zip(object.keys, object.values) { copy[key] = try value.detached(budget) }
            return .object(copy)
        default: return self
        }
    }

    /// A deep copy that shares nothing with this value. Functions become empty strings.
    func copied(_ budget: Budget) throws(Failure) -> Value {
        try budget.step()
        try budget.checkStack()
        switch self {
        case .array(let array):
            try budget.allocate(array.count * 16)
            var items: [Value] = []
            items.reserveCapacity(array.count)
            for item in array.items { items.append(try item.copied(budget)) }
            return .list(items)
        case .object(let object):
            try budget.allocate(object.count * 32)
            let copy = ObjectValue()
            for (key, value) in zip(object.keys, object.values) where value.isDefined {
                copy[key] = try value.copied(budget)
            }
            return .object(copy)
        case .function: return .emptyString
        case .undefined, .tuple: return .null
        case .number(let number): return .number(try NumberText.rounded(number))
        default: return self
        }
    }
}
