extension Evaluator {
    /// One key of a grouping with the items that belong to it.
    private struct Group {
        let key: Text
        let pair: Int
        var items: [Value]
        /// True once several items were joined, or when the only one is not to be unwrapped.
        var isJoined = false

        /// The items as the context of the value's expression.
        var context: Value { isJoined ? .list(items) : items[0] }
    }

    /// Evaluates an object constructor or a grouping.
    func evaluate(_ grouping: Grouping, _ input: Value, _ frame: Frame) throws(Failure) -> Value {
        let isStream = input.array?.flags.contains(.tupleStream) == true
        var items = input.itemsOrSelf
        if items.isEmpty, !isStream { items = [.undefined] }
        var groups: [Group] = []
        var positions: [Text: Int] = [:]
        for item in items {
            let (context, scope) = scoped(item, frame, isStream: isStream)
            for (index, pair) in grouping.pairs.enumerated() {
                guard let key = try key(pair.key, context, scope, grouping.position) else { continue }
                try budget.allocate(96)
                try budget.scan(key.count)
                let position = groups.count > 8 ? positions[key] : groups.firstIndex { $0.key == key }
                if let position {
                    if groups[position].pair != index {
                        throw Failure("D1009", position: grouping.position, value: .string(key))
                    }
                    try join(item, to: &groups[position], isStream: isStream)
                } else {
                    groups.append(Group(key: key, pair: index, items: [item]))
                    if groups.count == 9 {
                        for (index, group) in groups.enumerated() { positions[group.key] = index }
                    } else if groups.count > 9 {
                        positions[key] = groups.count - 1
                    }
                }
            }
        }
        return try object(groups, grouping, frame, isStream: isStream)
    }

    private func key(
        _ expression: Expression, _ context: Value, _ frame: Frame, _ position: Int
    ) throws(Failure) -> Text? {
        let value = try evaluate(expression, context, frame)
        guard value.isDefined else { return nil }
        guard case .string(let key) = value else { throw Failure("T1003", position: position, value: value) }
        if Evaluator.reservedKeys.contains(key) {
            throw Failure("D1013", position: position, value: value)
        }
        return key
    }

    private static let reservedKeys: [Text] = ["_jsonata_lambda", "_jsonata_function"]

    private func join(_ item: Value, to group: inout Group, isStream: Bool) throws(Failure) {
        if !group.isJoined {
            if !isStream {
                if case .undefined = group.items[0] {
                    group.items = [item]
                    return
                }
                let items = group.items[0].itemsOrSelf
                try budget.allocate(items.count * 16)
                group.items = items
            }
            group.isJoined = true
        }
        if isStream {
            group.items.append(item)
        } else if item.isDefined {
            let items = item.itemsOrSelf
            try budget.allocate(items.count * 16)
            group.items.append(contentsOf: items)
        }
    }

    private func object(
        _ groups: [Group], _ grouping: Grouping, _ frame: Frame, isStream: Bool
    ) throws(Failure) -> Value {
        let result = ObjectValue()
        for group in groups {
            var context = group.context
            var scope = frame
            if isStream, let tuple = try reduced(group.items) {
                context = tuple.context
                scope = Frame(frame, tuple)
            }
            let value = try evaluate(grouping.pairs[group.pair].value, context, scope)
            guard value.isDefined else { continue }
            try budget.allocateMember(group.key)
            result[group.key] = value
        }
        try budget.allocate(64)
        let value = Value.object(result)
        try budget.checkNesting(value)
        return value
    }

    private func scoped(_ item: Value, _ frame: Frame, isStream: Bool) -> (Value, Frame) {
        guard isStream, case .tuple(let tuple) = item else { return (item, frame) }
        return (tuple.context, Frame(frame, tuple))
    }

    /// Joins tuples to one whose context and variables are sequences of theirs.
    private func reduced(_ tuples: [Value]) throws(Failure) -> TupleValue? {
        guard case .tuple(let first)? = tuples.first else { return nil }
        var context = JoinedValues()
        var bindings = first.bindings.map { (name: $0.name, values: JoinedValues()) }
        for case .tuple(let tuple) in tuples {
            try context.append(tuple.context, budget)
            for (index, (name, value)) in tuple.bindings.enumerated() {
                try budget.step()
                // The tuples of a stream bind the same variables, mostly in the same order.
                var position: Int? = index
                if index >= bindings.count || bindings[index].name != name {
                    position = bindings.firstIndex { $0.name == name }
                }
                if position == nil { bindings.append((name, JoinedValues())) }
                try bindings[position ?? bindings.count - 1].values.append(value, budget)
            }
        }
        return TupleValue(
            context: context.value, bindings: bindings.map { (name: $0.name, value: $0.values.value) })
    }

    /// Values that become one array, as `append` joins two.
    private struct JoinedValues {
        private var first = Value.undefined
        private var items: [Value]?

        /// The only value, or the array of all items.
        var value: Value { items.map { .list($0) } ?? first }

        mutating func append(_ value: Value, _ budget: Budget) throws(Failure) {
            guard value.isDefined else { return }
            guard first.isDefined else {
                first = value
                return
            }
            let more = value.itemsOrSelf
            if items == nil {
                let start = first.itemsOrSelf
                try budget.allocate(start.count * 16)
                items = start
            }
            try budget.allocate(more.count * 16)
            items?.append(contentsOf: more)
        }
    }

    /// Joins two values to one array. Missing values are ignored.
    func append(_ first: Value, _ second: Value) throws(Failure) -> Value {
        guard first.isDefined else { return second }
        guard second.isDefined else { return first }
        let items = first.itemsOrSelf
        let more = second.itemsOrSelf
        try budget.allocate((items.count + more.count) * 16)
        return .list(items + more)
    }

    // MARK: Sorting

    /// Sorts the items of an order-by clause. The order of equal items stays.
    func sort(
        _ input: ArrayValue, by terms: [SortTerm], _ position: Int, _ frame: Frame
    ) throws(Failure) -> ArrayValue {
        guard input.count > 1 else { return input }
        let isStream = input.flags.contains(.tupleStream)
        try budget.allocate(input.count * (64 + 16 * terms.count))
        var keyed: [(keys: [Value], item: Value)] = []
        for item in input.items {
            let (context, scope) = scoped(item, frame, isStream: isStream)
            var keys: [Value] = []
            for term in terms { keys.append(try evaluate(term.expression, context, scope)) }
            keyed.append((keys, item))
        }
        let sorted = try MergeSort.sorted(keyed, budget) { (left, right) throws(Failure) in
            try isAfter(left.keys, right.keys, terms, position)
        }
        return ArrayValue(sorted.map(\.item), isStream ? [.tupleStream, .sequence] : [])
    }

    private func isAfter(
        _ left: [Value], _ right: [Value], _ terms: [SortTerm], _ position: Int
    ) throws(Failure) -> Bool {
        for (index, term) in terms.enumerated() {
            let order = try order(left[index], right[index], position)
            if order.value == 0 { continue }
            return (term.isDescending && order.isReversible ? -order.value : order.value) > 0
        }
        return false
    }

    /// Compares two keys. Missing keys come last, in either direction.
    private func order(
        _ left: Value, _ right: Value, _ position: Int
    ) throws(Failure) -> (value: Int, isReversible: Bool) {
        guard left.isDefined else { return (right.isDefined ? 1 : 0, false) }
        guard right.isDefined else { return (-1, false) }
        switch (left, right) {
        case (.number(let a), .number(let b)): return (a == b ? 0 : a < b ? -1 : 1, true)
        case (.string(let a), .string(let b)):
            try budget.scan(min(a.count, b.count))
            return (a == b ? 0 : a < b ? -1 : 1, true)
        case (.number, .string), (.string, .number):
            throw Failure("T2007", position: position, value: left, details: ["value2": right])
        case (.number, _), (.string, _): throw Failure("T2008", position: position, value: right)
        default: throw Failure("T2008", position: position, value: left)
        }
    }
}

/// A stable sort whose comparison may throw.
enum MergeSort {
    /// Sorts items.
    ///
    /// - Parameter isAfter: True if the first item belongs behind the second.
    static func sorted<Item>(
        _ items: [Item], _ budget: Budget, isAfter: (Item, Item) throws(Failure) -> Bool
    ) throws(Failure) -> [Item] {
        try budget.allocate(items.count * 2 * MemoryLayout<Item>.stride)
        var source = items
        var width = 1
        while width < source.count {
            var merged: [Item] = []
            merged.reserveCapacity(source.count)
            var start = 0
            while start < source.count {
                let middle = min(start + width, source.count)
                let end = min(start + 2 * width, source.count)
                var left = start
                var right = middle
                while left < middle, right < end {
                    try budget.step()
                    if try isAfter(source[left], source[right]) {
                        merged.append(source[right])
                        right += 1
                    } else {
                        merged.append(source[left])
                        left += 1
                    }
                }
                merged.append(contentsOf: source[left..<middle])
                merged.append(contentsOf: source[right..<end])
                start = end
            }
            source = merged
            width *= 2
        }
        return source
    }
}
