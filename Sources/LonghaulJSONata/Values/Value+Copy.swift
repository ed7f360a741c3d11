extension Value {
    /// How a copy treats what JSON cannot express.
    enum CopyStyle {
        /// Keeps everything.
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
