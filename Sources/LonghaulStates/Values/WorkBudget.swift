/// The remaining work of one evaluation. It bounds hostile paths and templates by steps, so that an
/// evaluation ends at the same place each time. Only the patterns of filters are bounded by time.
final class WorkBudget {
    private var stepsLeft: Int
    /// How long the patterns of filters may still take.
    var patternTime = PathPattern.maxTime

    /// Maximum number of steps: values that are visited, and 64 bytes that are copied.
    static let maxSteps = 4_000_000

    init(steps: Int = WorkBudget.maxSteps) {
        stepsLeft = steps
    }

    /// Whether there are steps left, after subtracting these.
    func spend(_ steps: Int) -> Bool {
        stepsLeft -= steps
        return stepsLeft >= 0
    }
}

extension StateValue {
    /// The size of the value as JSON in bytes, within a few bytes for each number; nil if it is greater than the
    /// limit. It stops at the limit.
    public func jsonSize(limit: Int = Int.max) -> Int? {
        var left = limit
        return measure(&left, depth: 0) ? limit - left : nil
    }

    /// Subtracts the size of the value from what is left. False if nothing is left, or the value nests too deep.
    private func measure(_ left: inout Int, depth: Int) -> Bool {
        switch self {
        case .null, .bool: left -= 5
        case .number(.integer(let value)): left -= value.magnitude < 100_000_000 ? 8 : 20
        case .number(.decimal): left -= 24
        case .number(.large(let digits)): left -= digits.utf8.count
        case .string(let text): left -= text.utf8.count + 2
        case .array(let elements):
            left -= elements.count + 2
            guard depth < StateValue.maxDepth, left >= 0 else { return false }
            for element in elements where !element.measure(&left, depth: depth + 1) { return false }
        case .object(let object):
            left -= object.count + 2
            guard depth < StateValue.maxDepth, left >= 0 else { return false }
            for (key, value) in object.members {
                left -= key.utf8.count + 3
                guard value.measure(&left, depth: depth + 1) else { return false }
            }
        }
        return left >= 0
    }
}
