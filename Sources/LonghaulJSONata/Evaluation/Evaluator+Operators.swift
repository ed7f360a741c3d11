import Foundation

extension Evaluator {
    /// Evaluates a binary operator.
    func evaluate(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ position: Int, _ input: Value,
        _ frame: Frame
    ) throws(Failure) -> Value {
        let left = try evaluate(left, input, frame)
        let right = try evaluate(right, input, frame)
        do {
            return try apply(operation, left, right)
        } catch {
            error.position = position
            error.token = .string(Text(operation.rawValue))
            throw error
        }
    }

    private func apply(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Failure) -> Value {
        switch operation {
        case .add, .subtract, .multiply, .divide, .remainder:
            return try arithmetic(operation, left, right)
        case .equal:
            guard left.isDefined, right.isDefined else { return .bool(false) }
            return .bool(try Value.areEqual(left, right, budget))
        case .notEqual:
            guard left.isDefined, right.isDefined else { return .bool(false) }
            return .bool(try !Value.areEqual(left, right, budget))
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return try compare(operation, left, right)
        case .concatenate: return try concatenate(left, right)
        case .range: return try range(left, right)
        case .contained:
            guard left.isDefined, right.isDefined else { return .bool(false) }
            let items = right.itemsOrSelf
            for item in items {
                if try Value.areIdentical(item, left, budget) { return .bool(true) }
            }
            return .bool(false)
        }
    }

    private func arithmetic(
        _ operation: BinaryOperator, _ left: Value, _ right: Value
    ) throws(Failure) -> Value {
        let first = try left.finiteNumber()
        if first == nil, left.isDefined { throw Failure("T2001", value: left) }
        let second = try right.finiteNumber()
        if second == nil, right.isDefined { throw Failure("T2002", value: right) }
        guard let first, let second else { return .undefined }
        switch operation {
        case .add: return .number(first + second)
        case .subtract: return .number(first - second)
        case .multiply: return .number(first * second)
        case .divide: return .number(first / second)
        default: return .number(fmod(first, second))
        }
    }

    private func compare(
        _ operation: BinaryOperator, _ left: Value, _ right: Value
    ) throws(Failure) -> Value {
        func isComparable(_ value: Value) -> Bool {
            switch value {
            case .undefined, .string, .number: true
            default: false
            }
        }
        guard isComparable(left), isComparable(right) else {
            throw Failure("T2010", value: isComparable(left) ? right : left)
        }
        guard left.isDefined, right.isDefined else { return .undefined }
        switch (left, right) {
        case (.number(let a), .number(let b)):
            switch operation {
            case .less: return .bool(a < b)
            case .lessOrEqual: return .bool(a <= b)
            case .greater: return .bool(a > b)
            default: return .bool(a >= b)
            }
        case (.string(let a), .string(let b)):
            try budget.scan(min(a.count, b.count))
            switch operation {
            case .less: return .bool(a < b)
            case .lessOrEqual: return .bool(!(b < a))
            case .greater: return .bool(b < a)
            default: return .bool(!(a < b))
            }
        default: throw Failure("T2009", value: left, details: ["value2": right])
        }
    }

    private func concatenate(_ left: Value, _ right: Value) throws(Failure) -> Value {
        let first = try text(of: left) ?? Text([])
        let second = try text(of: right) ?? Text([])
        try budget.allocateString(first.count + second.count)
        return .string(first + second)
    }

    private static let maxRange = 1e7

    private func range(_ left: Value, _ right: Value) throws(Failure) -> Value {
        func integer(_ value: Value, _ code: String) throws(Failure) -> Double? {
            guard value.isDefined else { return nil }
            guard case .number(let number) = value, number.isFinite, number.rounded() == number else {
                throw Failure(code, value: value)
            }
            return number
        }
        let first = try integer(left, "T2003")
        let last = try integer(right, "T2004")
        guard let first, let last, first <= last else { return .undefined }
        let size = last - first + 1
        if size > Evaluator.maxRange { throw Failure("D2014", value: .number(size)) }
        let count = Int(size)
        try budget.allocate(count * 16)
        var items: [Value] = []
        items.reserveCapacity(count)
        for offset in 0..<count { items.append(.number(first + Double(offset))) }
        return .sequence(items)
    }

    /// Evaluates `and` and `or`, the right side only where it matters.
    func logical(
        _ left: Expression, _ right: Expression, isAnd: Bool, _ position: Int, _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        let first = try evaluate(left, input, frame)
        do {
            let isTrue = try first.isTrue(budget)
            if isTrue != isAnd { return .bool(isTrue) }
            return .bool(try evaluate(right, input, frame).isTrue(budget))
        } catch {
            error.position = position
            error.token = isAnd ? .string("and") : .string("or")
            throw error
        }
    }

    /// Evaluates the unary minus.
    func negate(
        _ operand: Expression, _ position: Int, _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        let value = try evaluate(operand, input, frame)
        guard value.isDefined else { return .undefined }
        guard let number = try value.finiteNumber() else {
            throw Failure("D1002", token: .string("-"), position: position, value: value)
        }
        return .number(-number)
    }

    /// The text of a value as `$string` makes it; nil for `undefined`.
    func text(of value: Value, indent: Int = 0) throws(Failure) -> Text? {
        switch value {
        case .undefined: return nil
        case .string(let text): return text
        case .function: return Text([])
        case .number(let number):
            guard number.isFinite else { throw Failure("D3001", value: value) }
            return Text(NumberText.shortest(try NumberText.rounded(number)))
        default:
            var value = value
            if case .array(let array) = value, array.flags.contains(.outerWrapper) { value = array.items[0] }
            var writer = ValueWriter(indent: indent, isForString: true, budget: budget)
            try writer.write(value)
            return Text(writer.units)
        }
    }
}
