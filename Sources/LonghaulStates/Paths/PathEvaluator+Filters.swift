internal import LonghaulJSON

extension PathEvaluator {
    /// Whether a value satisfies the condition of a filter.
    func isTrue(_ filter: PathFilter, for value: StateValue) throws(PathError) -> Bool {
        try visit()
        switch filter {
        case .and(let terms):
            for term in terms where !(try isTrue(term, for: value)) { return false }
            return true
        case .or(let terms):
            for term in terms where try isTrue(term, for: value) { return true }
            return false
        case .not(let term): return !(try isTrue(term, for: value))
        case .exists(let path, let isWanted): return (try find(path, from: value) != nil) == isWanted
        case .compare(let left, let comparison, let right):
            return try compare(left, comparison, right, for: value)
        }
    }

    /// The value that a path inside a filter leads to; nil if there is none.
    func find(_ path: RelativePath, from value: StateValue) throws(PathError) -> StateValue? {
        do {
            return try evaluate(path.steps, from: path.isFromRoot ? root : value)
        } catch {
            guard error.kind != .limit else { throw error }
            return nil
        }
    }

    private func compare(
        _ left: PathFilter.Operand, _ comparison: PathComparison, _ right: PathFilter.Operand,
        for value: StateValue
    ) throws(PathError) -> Bool {
        if comparison == .matches { return try matches(left, right, for: value) }
        let left = try resolve(left, for: value)
        let right = try resolve(right, for: value)
        switch comparison {
        case .equal: return PathEvaluator.areEqual(left, right)
        case .notEqual: return !PathEvaluator.areEqual(left, right)
        case .identical: return PathEvaluator.areIdentical(left, right)
        case .notIdentical: return !PathEvaluator.areIdentical(left, right)
        case .less: return PathEvaluator.order(left, right).map { $0 < 0 } ?? false
        case .lessOrEqual: return PathEvaluator.order(left, right).map { $0 <= 0 } ?? false
        case .greater: return PathEvaluator.order(left, right).map { $0 > 0 } ?? false
        case .greaterOrEqual: return PathEvaluator.order(left, right).map { $0 >= 0 } ?? false
        case .matches: return false
        default: return try compareSets(left, comparison, right)
        }
    }

    /// The value of an operand; nil if its path leads to none.
    private func resolve(
        _ operand: PathFilter.Operand, for value: StateValue
    ) throws(PathError) -> StateValue? {
        switch operand {
        case .literal(let literal): literal
        case .path(let path): try find(path, from: value)
        case .pattern: nil
        }
    }

    private func matches(
        _ left: PathFilter.Operand, _ right: PathFilter.Operand, for value: StateValue
    ) throws(PathError) -> Bool {
        let pattern: PathPattern
        let subject: StateValue?
        switch (left, right) {
        case (.pattern, .pattern): return false
        case (_, .pattern(let found)):
            pattern = found
            subject = try resolve(left, for: value)
        case (.pattern(let found), _):
            pattern = found
            subject = try resolve(right, for: value)
        default: return false
        }
        for candidate in subject?.array ?? [subject ?? .string("")] {
            try visit()
            let text = candidate.isContainer || candidate.isNull ? "" : candidate.javaText
            if try pattern.matches(text, within: budget) { return true }
        }
        return false
    }

    /// Compares with the conversion that AWS does: a number equals a string with the same number.
    private static func areEqual(_ left: StateValue?, _ right: StateValue?) -> Bool {
        guard let left, let right else { return false }
        switch (left, right) {
        case (.number(let number), .string(let text)): return Double(text) == number.double
        case (.string(let text), .number(let number)): return text == number.text
        default: return left == right
        }
    }

    private static func areIdentical(_ left: StateValue?, _ right: StateValue?) -> Bool {
        guard let left, let right else { return false }
        return left == right
    }

    /// Negative, zero or positive; nil for values without an order.
    private static func order(_ left: StateValue?, _ right: StateValue?) -> Int? {
        switch (left, right) {
        case (.number(let a), .number(let b)): a == b ? 0 : a < b ? -1 : 1
        case (.string(let a), .string(let b)): a.javaOrder(b)
        default: nil
        }
    }

    private func compareSets(
        _ left: StateValue?, _ comparison: PathComparison, _ right: StateValue?
    ) throws(PathError) -> Bool {
        let leftItems = left?.array
        let rightItems = right?.array
        try visit((leftItems?.count ?? 1) * (rightItems?.count ?? 1))
        func contains(_ items: [StateValue]?, _ item: StateValue?) -> Bool {
            items?.contains { PathEvaluator.areEqual($0, item) } ?? false
        }
        switch comparison {
        case .contained: return contains(rightItems, left)
        case .notContained: return !contains(rightItems, left)
        case .contains:
            if let text = left?.string, let part = right?.string { return text.contains(part) }
            return contains(leftItems, right)
        case .all: return leftItems != nil && (rightItems ?? []).allSatisfy { contains(leftItems, $0) }
        case .subset: return rightItems != nil && leftItems?.allSatisfy { contains(rightItems, $0) } ?? false
        case .anyOf: return leftItems?.contains { contains(rightItems, $0) } ?? false
        case .noneOf:
            return leftItems != nil && rightItems != nil
                && !(leftItems?.contains { contains(rightItems, $0) } ?? true)
        case .size: return right?.number?.int64.map { $0 == left?.size.map { Int64($0) } } ?? false
        case .empty: return right?.bool.map { left?.size != nil && (left?.size == 0) == $0 } ?? false
        default: return false
        }
    }
}

extension StateValue {
    /// The number of characters, elements or members; nil for other values.
    fileprivate var size: Int? {
        switch self {
        case .string(let text): text.utf16.count
        case .array(let elements): elements.count
        case .object(let object): object.count
        default: nil
        }
    }
}

extension String {
    /// Compares by UTF-16 code units, as Java does: negative, zero or positive.
    func javaOrder(_ other: String) -> Int {
        var left = utf16.makeIterator()
        var right = other.utf16.makeIterator()
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil): return 0
            case (nil, _): return -1
            case (_, nil): return 1
            case (let a?, let b?) where a != b: return a < b ? -1 : 1
            default: continue
            }
        }
    }
}
