extension Evaluator {
    /// Evaluates the steps of a path one after the other.
    func evaluate(
        _ path: Path, _ group: Grouping?, _ input: Value, _ frame: Frame
    ) throws(Failure) -> Value {
        var sequence = startOfPath(path, input)
        var result = Value.undefined
        var tuples: ArrayValue?
        var isTupleStream = false
        for (index, step) in path.steps.enumerated() {
            if step.isTuple { isTupleStream = true }
            if case .constructor = step.kind {
                result = try evaluate(step.expression, .array(sequence), frame)
            } else if isTupleStream {
                tuples = try tupleStep(step, sequence, tuples, frame)
            } else {
                result = .array(try mapStep(step, sequence, frame, isLast: index == path.steps.count - 1))
            }
            if !isTupleStream, (result.array?.count ?? 0) == 0, result.array != nil || !result.isDefined {
                break
            }
            if step.focus == nil, !isTupleStream {
                sequence = result.array ?? ArrayValue([])
            }
        }
        if isTupleStream, let tuples {
            if path.isTuple {
                result = .array(tuples)
            } else {
                try budget.allocate(tuples.count * 16)
                result = .sequence(tuples.items.map { Evaluator.contextOf($0) })
            }
        }
        if path.keepSingletonArray, case .array(let array) = result {
            if array.flags.contains(.constructed), !array.isSequence { result = .sequence([result]) }
            if let array = result.array, array.isSequence { result = .array(array.marked(.keepSingleton)) }
        }
        guard let group else { return result }
        return try evaluate(group, isTupleStream ? tuples.map { .array($0) } ?? .undefined : result, frame)
    }

    /// An array is walked item by item, except where a variable starts the path.
    private func startOfPath(_ path: Path, _ input: Value) -> ArrayValue {
        if case .array(let array) = input {
            switch path.steps.first?.expression.operation {
            case .variable, .context: break
            default: return array
            }
        }
        return ArrayValue([input], [.sequence])
    }

    private static func contextOf(_ item: Value) -> Value {
        if case .tuple(let tuple) = item { return tuple.context }
        return item
    }

    /// Evaluates a step for every item, and flattens the results into one sequence.
    private func mapStep(
        _ step: Step, _ input: ArrayValue, _ frame: Frame, isLast: Bool
    ) throws(Failure) -> ArrayValue {
        if case .sort(let terms) = step.kind {
            var sorted = try sort(input, by: terms, step.expression.position, frame)
            for stage in step.stages { sorted = try apply(stage, to: sorted, frame) }
            return sorted
        }
        var results: [Value] = []
        for item in input.items {
            var result = try evaluate(step.expression, item, frame)
            for case .filter(let predicate) in step.stages {
                result = try filter(result, by: predicate, frame)
            }
            guard result.isDefined else { continue }
            try budget.allocate(16)
            results.append(result)
        }
        if isLast, results.count == 1, case .array(let only) = results[0], !only.isSequence { return only }
        let sequence = ArrayValue([], [.sequence])
        for result in results {
            if case .array(let array) = result, !array.flags.contains(.constructed) {
                try budget.allocate(array.count * 16)
                sequence.append(contentsOf: array)
            } else {
                try budget.allocate(16)
                sequence.append(result)
            }
        }
        return sequence
    }

    private func apply(_ stage: Step.Stage, to input: ArrayValue, _ frame: Frame) throws(Failure)
        -> ArrayValue
    {
        switch stage {
        case .filter(let predicate):
            let result = try filter(.array(input), by: predicate, frame)
            return result.array ?? ArrayValue([result], [.sequence])
        case .index(let name):
            for (index, item) in input.items.enumerated() {
                try budget.allocate(32)
                if case .tuple(let tuple) = item { tuple.bind(name, .number(Double(index))) }
            }
            return input
        }
    }

    // MARK: Tuples

    /// Evaluates a step that binds variables: every result carries the variables bound so far.
    private func tupleStep(
        _ step: Step, _ input: ArrayValue, _ tuples: ArrayValue?, _ frame: Frame
    ) throws(Failure) -> ArrayValue {
        var result = ArrayValue([], [.sequence, .tupleStream])
        if case .sort(let terms) = step.kind {
            result = try sortedTuples(step, terms, input, tuples, frame)
        } else {
            if tuples == nil { try budget.allocate(input.count * 96) }
            let stream = tuples?.items ?? input.items.map { .tuple(TupleValue(context: $0)) }
            for case .tuple(let tuple) in stream {
                let value = try evaluate(step.expression, tuple.context, Frame(frame, tuple))
                guard value.isDefined else { continue }
                let isStream = value.array?.flags.contains(.tupleStream) == true
                for (index, item) in value.itemsOrSelf.enumerated() {
                    try budget.step()
                    try budget.allocate(96 + tuple.bindings.count * 32)
                    result.append(.tuple(merged(tuple, item, at: index, step, isStream: isStream)))
                }
            }
        }
        for stage in step.stages { result = try apply(stage, to: result, frame) }
        return result
    }

    private func merged(
        _ tuple: TupleValue, _ item: Value, at index: Int, _ step: Step, isStream: Bool
    ) -> TupleValue {
        let result = TupleValue(context: tuple.context, bindings: tuple.bindings)
        if isStream, case .tuple(let inner) = item {
            result.context = inner.context
            for (name, value) in inner.bindings { result.bind(name, value) }
            return result
        }
        if let focus = step.focus { result.bind(focus, item) } else { result.context = item }
        if let name = step.index { result.bind(name, .number(Double(index))) }
        if let ancestor = step.ancestor { result.bind(ancestor, tuple.context) }
        return result
    }

    private func sortedTuples(
        _ step: Step, _ terms: [SortTerm], _ input: ArrayValue, _ tuples: ArrayValue?, _ frame: Frame
    ) throws(Failure) -> ArrayValue {
        if let tuples { return try sort(tuples, by: terms, step.expression.position, frame) }
        let sorted = try sort(input, by: terms, step.expression.position, frame)
        try budget.allocate(sorted.count * 128)
        let result = ArrayValue([], [.sequence, .tupleStream])
        for (index, item) in sorted.items.enumerated() {
            let tuple = TupleValue(context: item)
            if let name = step.index { tuple.bind(name, .number(Double(index))) }
            result.append(.tuple(tuple))
        }
        return result
    }

    // MARK: Predicates

    /// The items for which a predicate holds, or the ones at the positions that it gives.
    func filter(_ input: Value, by predicate: Expression, _ frame: Frame) throws(Failure) -> Value {
        let isStream = input.array?.flags.contains(.tupleStream) == true
        let items = input.itemsOrSelf
        let results = ArrayValue([], isStream ? [.sequence, .tupleStream] : [.sequence])
        if case .number(let position) = predicate.operation, predicate.predicates.isEmpty {
            let index = Evaluator.position(position, count: items.count)
            guard let index, items[index].isDefined else { return .array(results) }
            if case .array = items[index] { return items[index] }
            results.append(items[index])
            return .array(results)
        }
        for (index, item) in items.enumerated() {
            var context = item
            var scope = frame
            if isStream, case .tuple(let tuple) = item {
                context = tuple.context
                scope = Frame(frame, tuple)
            }
            let matches = try matchCount(
                try evaluate(predicate, context, scope), at: index, count: items.count)
            try budget.allocate(matches * 16)
            for _ in 0..<matches { results.append(item) }
        }
        return .array(results)
    }

    private static func position(_ number: Double, count: Int) -> Int? {
        let floor = number.rounded(.down)
        let index = floor < 0 ? Double(count) + floor : floor
        guard index >= 0, index < Double(count) else { return nil }
        return Int(index)
    }

    /// How often the item at an index is selected: numbers select positions, other values are conditions.
    private func matchCount(_ result: Value, at index: Int, count: Int) throws(Failure) -> Int {
        if let number = try result.finiteNumber() {
            return Evaluator.position(number, count: count) == index ? 1 : 0
        }
        guard case .array(let array) = result else { return try result.isTrue(budget) ? 1 : 0 }
        var matches = 0
        for item in array.items {
            try budget.step()
            guard let number = try item.finiteNumber() else { return try result.isTrue(budget) ? 1 : 0 }
            if Evaluator.position(number, count: count) == index { matches += 1 }
        }
        return matches
    }

    // MARK: Fields

    /// The value of a key in an object, or the values in all objects of an array.
    func lookup(_ key: Text, in input: Value) throws(Failure) -> Value {
        try budget.scan(key.count)
        switch input {
        case .object(let object): return object[key] ?? .undefined
        case .array(let array):
            try budget.checkStack()
            let results = ArrayValue([], [.sequence])
            for item in array.items {
                try budget.step()
                switch try lookup(key, in: item) {
                case .undefined: continue
                case .array(let found):
                    try budget.allocate(found.count * 16)
                    results.append(contentsOf: found)
                case let found:
                    try budget.allocate(16)
                    results.append(found)
                }
            }
            return .array(results)
        default: return .undefined
        }
    }

    /// The values of all keys, arrays flattened.
    func wildcard(_ input: Value) throws(Failure) -> Value {
        var input = input
        if case .array(let array) = input, array.flags.contains(.outerWrapper), let first = array.items.first
        {
            input = first
        }
        let values: [Value]
        switch input {
        case .object(let object): values = object.values
        case .array(let array): values = array.items
        default: return .sequence([])
        }
        // As in the reference implementation, the result is no sequence once an array was flattened into it.
        var isSequence = true
        var results: [Value] = []
        for value in values {
            if case .array = value { isSequence = false }
            try flatten(value, into: &results)
        }
        return isSequence ? .sequence(results) : .list(results)
    }

    private func flatten(_ value: Value, into flat: inout [Value]) throws(Failure) {
        try budget.step()
        guard case .array(let array) = value else {
            try budget.allocate(16)
            return flat.append(value)
        }
        try budget.checkStack()
        for item in array.items { try flatten(item, into: &flat) }
    }

    /// The value and everything in it, arrays flattened.
    func descendants(_ input: Value) throws(Failure) -> Value {
        guard input.isDefined else { return .undefined }
        let results = ArrayValue([], [.sequence])
        try collect(input, into: results)
        return results.count == 1 ? results.items[0] : .array(results)
    }

    private func collect(_ value: Value, into results: ArrayValue) throws(Failure) {
        try budget.step()
        try budget.checkStack()
        try budget.allocate(16)
        switch value {
        case .array(let array):
            for item in array.items { try collect(item, into: results) }
        case .object(let object):
            results.append(value)
            for item in object.values { try collect(item, into: results) }
        default: results.append(value)
        }
    }
}
