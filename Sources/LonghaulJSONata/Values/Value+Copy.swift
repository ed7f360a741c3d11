extension Value {
    /// How a copy treats values that JSON cannot express.
    enum CopyStyle {
        /// Copies all values unchanged.
        case exact
        /// Functions become empty strings, and numbers are rounded, as in JSON that `$string` writes.
        case json
    }

    /// The value with copies of its arrays and objects.
    ///
    /// - Parameter owner: The copy that the objects belong to, if a transform changes them.
    func copied(
        _ style: CopyStyle, _ budget: Budget, owner: TransformCopy? = nil
    ) throws(Failure) -> Value {
        try budget.step()
        try budget.checkStack()
        switch self {
        case .array(let array): return try .array(array.copied(style, budget, owner))
        case .object(let object): return try .object(object.copied(style, budget, owner))
        default: break
        }
        guard style == .json else { return self }
        switch self {
        case .function: return .emptyString
        case .undefined, .tuple: return .null
        case .number(let number): return .number(try NumberText.rounded(number))
        default: return self
        }
    }

    /// The value with empty strings for functions; the value itself if it holds none.
    func withoutFunctions(_ budget: Budget) throws(Failure) -> Value {
        try replacingFunctions(budget) ?? self
    }

    /// Whether the value is a function or holds one.
    func holdsFunctions(_ budget: Budget) throws(Failure) -> Bool {
        try replacingFunctions(budget) != nil
    }

    /// The value with empty strings for functions; nil if it holds none.
    private func replacingFunctions(_ budget: Budget) throws(Failure) -> Value? {
        try budget.step()
        try budget.checkStack()
        switch self {
        case .function: return .emptyString
        case .tuple: return .null
        case .array(let array):
            let replaced = try Value.replacements(array.items, budget)
            guard !replaced.isEmpty else { return nil }
            try budget.allocate(array.count * 16)
            var items = array.items
            for (index, value) in replaced { items[index] = value }
            return .array(ArrayValue(items, array.flags))
        case .object(let object):
            let replaced = try Value.replacements(object.values, budget)
            guard !replaced.isEmpty else { return nil }
            let result = ObjectValue()
            for (index, key) in object.keys.enumerated() {
                try budget.allocateMember(key)
                result[key] = replaced[index] ?? object.values[index]
            }
            return .object(result)
        default: return nil
        }
    }

    /// The values that hold functions, without them, by their positions.
    private static func replacements(_ values: [Value], _ budget: Budget) throws(Failure) -> [Int: Value] {
        var replaced: [Int: Value] = [:]
        for (index, value) in values.enumerated() {
            try budget.step()
            guard value.nesting > 0, let new = try value.replacingFunctions(budget) else { continue }
            try budget.allocate(48)
            replaced[index] = new
        }
        return replaced
    }

    /// Computes the nesting of the arrays and objects in this value, after objects deep inside have grown.
    ///
    /// - Throws: U1001 if the value nests too deep.
    func measure(_ budget: Budget) throws(Failure) {
        guard nesting > 0 else { return }
        try budget.step()
        try budget.checkStack()
        switch self {
        case .array(let array):
            for item in array.items { try item.measure(budget) }
            array.measure()
        case .object(let object):
            for value in object.values { try value.measure(budget) }
            object.measure()
        default: break
        }
        try budget.checkNesting(self)
    }
}

extension ArrayValue {
    fileprivate func copied(
        _ style: Value.CopyStyle, _ budget: Budget, _ owner: TransformCopy?
    ) throws(Failure) -> ArrayValue {
        try budget.allocate(count * 16 + 48)
        var copies: [Value] = []
        copies.reserveCapacity(count)
        for item in items { copies.append(try item.copied(style, budget, owner: owner)) }
        return ArrayValue(copies, style == .exact ? flags : [])
    }
}

extension ObjectValue {
    fileprivate func copied(
        _ style: Value.CopyStyle, _ budget: Budget, _ owner: TransformCopy?
    ) throws(Failure) -> ObjectValue {
        let result = ObjectValue(copy: owner)
        for (key, value) in zip(keys, values) where style == .exact || value.isDefined {
            try budget.allocateMember(key)
            result[key] = try value.copied(style, budget, owner: owner)
        }
        return result
    }
}
