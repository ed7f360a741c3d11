extension PathEvaluator {
    /// Calls a function at the end of a path.
    ///
    /// - Parameter values: The value that the path before the function leads to, or all of them after a scan (`..`).
    func call(
        _ function: PathFunction, _ arguments: [PathArgument], on values: [StateValue], isScan: Bool
    ) throws(PathError) -> StateValue {
        let resolved = try arguments.map { argument throws(PathError) in
            switch argument {
            case .literal(let literal): literal
            case .path(let path): try find(path, from: values.first ?? .null) ?? .null
            }
        }
        let items = isScan ? values.flatMap { $0.array ?? [$0] } : values.first?.array
        try visit(items?.count ?? 1)
        switch function {
        case .length, .size: return length(resolved.first ?? (isScan ? .array(items ?? []) : values.first))
        case .keys: return keys(of: values.first)
        case .first: return items?.first ?? .null
        case .last: return items?.last ?? .null
        case .index:
            let index = resolved.first?.number?.int64.map { Int($0) }
            return index.flatMap { items?.element(at: $0) } ?? .null
        case .append: return .array((items ?? []) + resolved)
        case .concat:
            return .string(
                ((items ?? []) + resolved.flatMap { $0.array ?? [$0] }).compactMap(\.concatenated).joined())
        case .min, .max, .avg, .sum, .stddev:
            let numbers = ((items ?? []) + resolved.flatMap { $0.array ?? [$0] }).compactMap {
                $0.number?.double
            }
            return try aggregate(function, numbers)
        }
    }

    private func length(_ value: StateValue?) -> StateValue {
        switch value {
        case .array(let elements): .integer(elements.count)
        case .object(let object): .integer(object.count)
        default: .null
        }
    }

    private func keys(of value: StateValue?) -> StateValue {
        value?.object.map { .array($0.keys.map { .string($0) }) } ?? .null
    }

    private func aggregate(_ function: PathFunction, _ numbers: [Double]) throws(PathError) -> StateValue {
        guard let first = numbers.first else {
            throw PathError(
                .notApplicable, "The function \(function.rawValue) has no numbers to work on")
        }
        let count = Double(numbers.count)
        let sum = numbers.reduce(0, +)
        let result: Double
        switch function {
        case .min: result = numbers.reduce(first, Swift.min)
        case .max: result = numbers.reduce(first, Swift.max)
        case .sum: result = sum
        case .avg: result = sum / count
        default:
            let squares = numbers.reduce(0) { $0 + $1 * $1 }
            result = Swift.max(0, squares / count - (sum / count) * (sum / count)).squareRoot()
        }
        return .number(.decimal(result))
    }
}

extension StateValue {
    /// The text of a string or a number, for `concat`.
    fileprivate var concatenated: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        default: nil
        }
    }
}
