/// Evaluates the steps of one path.
struct PathEvaluator {
    let root: StateValue
    /// The steps that lead from `$` to the root, for error texts.
    let prefix: [PathStep]
    let budget: WorkBudget

    /// The value that the steps lead to; an array if they are not definite.
    func evaluate(_ steps: [PathStep], from value: StateValue) throws(PathError) -> StateValue {
        guard RelativePath.isDefinite(steps) else {
            return try indefinite(steps, from: value)
        }
        var value = value
        for (index, step) in steps.enumerated() {
            value = try definite(step, of: value, at: index, in: steps)
        }
        return value
    }

    /// Counts visited values.
    func visit(_ count: Int = 1) throws(PathError) {
        guard budget.spend(count) else { throw PathError(.limit, "The path visits too many values") }
    }

    /// The steps before `end` as error texts show them.
    private func text(_ steps: [PathStep], upTo end: Int) -> String {
        "$" + (prefix + steps[..<end]).map(\.text).joined()
    }

    private func definite(
        _ step: PathStep, of value: StateValue, at index: Int, in steps: [PathStep]
    ) throws(PathError) -> StateValue {
        try visit()
        switch step {
        case .properties(let names, _):
            guard let object = value.object else {
                throw PathError(.notFound, notAnObject(value, step, path: text(steps, upTo: index)))
            }
            if names.count > 1 { return PathEvaluator.members(names, of: object) }
            if let member = object[names[0]] { return member }
            throw PathError(
                .notFound,
                index == steps.count - 1
                    ? "No results for path: \(text(steps, upTo: steps.count))"
                    : "Missing property in path \(text(steps, upTo: index + 1))")
        case .indices(let indices):
            guard let array = value.array else {
                throw PathError(.notFound, notAnArray(value, step, path: text(steps, upTo: index)))
            }
            if let element = array.element(at: indices[0]) { return element }
            throw PathError(.notFound, "No results for path: \(text(steps, upTo: steps.count))")
        case .function(let function, let arguments):
            return try call(function, arguments, on: [value], isScan: false)
        case .slice, .wildcard, .descendants, .filter:
            throw PathError(.notApplicable, "The path is not definite")
        }
    }

    private func notAnObject(_ value: StateValue, _ step: PathStep, path: String) -> String {
        "Expected to find an object with property \(step.text) in path \(path) but found "
            + "'\(value.javaClass)'. This is not a json object according to the JsonProvider: "
            + "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
    }

    private func notAnArray(_ value: StateValue, _ step: PathStep, path: String) -> String {
        value.isNull
            ? "The path \(path) is null"
            : "Filter: \(step.text) can only be applied to arrays. Current context is: \(value.javaText)"
    }

    static func members(_ names: [String], of object: StateObject) -> StateValue {
        var result = StateObject()
        for name in names {
            if let member = object[name] { result[name] = member }
        }
        return .object(result)
    }
}

extension PathEvaluator {
    /// The values that steps lead to, which are not definite. Values to which a step does not apply are left out.
    private func indefinite(
        _ steps: [PathStep], from value: StateValue
    ) throws(PathError) -> StateValue {
        var values = [value]
        var isScan = false
        for (index, step) in steps.enumerated() {
            if case .function(let function, let arguments) = step {
                if isScan {
                    values = [try call(function, arguments, on: values, isScan: true)]
                    continue
                }
                var results: [StateValue] = []
                for value in values {
                    results.append(try call(function, arguments, on: [value], isScan: false))
                }
                values = results
                continue
            }
            var next: [StateValue] = []
            let isLast = index == steps.count - 1
            for value in values { try apply(step, to: value, isLast: isLast, &next) }
            if case .descendants = step { isScan = true }
            values = next
        }
        if isScan, case .function? = steps.last { return values[0] }
        return .array(values)
    }

    private func apply(
        _ step: PathStep, to value: StateValue, isLast: Bool, _ results: inout [StateValue]
    ) throws(PathError) {
        try visit()
        switch step {
        case .properties(let names, _):
            guard let object = value.object else { return }
            if names.count > 1, isLast {
                results.append(PathEvaluator.members(names, of: object))
            } else {
                results += names.compactMap { object[$0] }
            }
        case .indices(let indices):
            guard let array = value.array else { return }
            results += indices.compactMap { array.element(at: $0) }
        case .slice(let from, let to):
            guard let array = value.array else { return }
            let range = PathEvaluator.range(from, to, count: array.count)
            try visit(range.count)
            results += range.compactMap { array.element(at: $0) }
        case .wildcard:
            let children = value.children
            try visit(children.count)
            results += children
        case .descendants: try appendDescendants(of: value, to: &results)
        case .filter(let filter):
            if value.object != nil {
                if try isTrue(filter, for: value) { results.append(value) }
            } else {
                for element in value.array ?? [] where try isTrue(filter, for: element) {
                    results.append(element)
                }
            }
        case .function: break
        }
    }

    /// Appends the value and everything inside it, parents before their children.
    private func appendDescendants(
        of value: StateValue, to results: inout [StateValue]
    ) throws(PathError) {
        try visit()
        guard value.isContainer else { return }
        results.append(value)
        for child in value.children { try appendDescendants(of: child, to: &results) }
    }

    /// The indices of a slice. Negative ones count from the end.
    private static func range(_ from: Int?, _ to: Int?, count: Int) -> Range<Int> {
        guard let from else {
            let end = to.map { $0 < 0 ? count + $0 : $0 } ?? count
            return 0..<max(0, min(count, end))
        }
        guard let to else { return min(count, max(0, from < 0 ? count + from : from))..<count }
        // AWS compares the bounds as they are written: [1:-1] is empty.
        let start = max(from, -count)
        let end = min(count, to)
        return start < end ? start..<end : 0..<0
    }
}
