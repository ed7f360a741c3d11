extension Analyzer {
    /// Joins two sides of `.` to one path.
    mutating func path(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard let left = node.left, let right = node.right else { return node }
        let first = try process(left)
        let result = Analyzer.asPath(first)
        if first.kind == .parent, let slot = first.slot { result.seekingParent = [slot] }
        let rest = try process(right)
        if rest.kind == .path {
            result.children += rest.children
        } else {
            if let predicates = rest.predicates {
                rest.stages = predicates.map { .filter($0) }
                rest.predicates = nil
            }
            result.children.append(rest)
        }
        try checkSteps(result)
        Analyzer.resolveConstructors(result)
        try resolveAncestry(result)
        return result
    }

    private static func asPath(_ node: SyntaxNode) -> SyntaxNode {
        if node.kind == .path { return node }
        let path = SyntaxNode(.path)
        path.children = [node]
        return path
    }

    private func checkSteps(_ path: SyntaxNode) throws(Failure) {
        for step in path.children {
            if step.kind == .number || step.kind == .value {
                throw Failure("S0213", position: step.position, value: step.value)
            }
            if step.kind == .string { step.kind = .name }
            if step.keepArray { path.keepSingletonArray = true }
        }
    }

    /// Marks array constructors at both ends of a path: the first is evaluated once, the last not flattened.
    private static func resolveConstructors(_ path: SyntaxNode) {
        for step in [path.children.first, path.children.last] {
            if let step, step.kind == .unary, step.symbol == "[" { step.isConstructor = true }
        }
    }

    /// Attaches a predicate to the last step of its left side.
    mutating func predicate(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard let left = node.left, let right = node.right else { return node }
        let result = try process(left)
        let isPath = result.kind == .path
        let step = isPath ? result.children.last ?? result : result
        guard step.group == nil else { throw Failure("S0209", position: node.position) }
        let predicate = try process(right)
        if let slots = predicate.seekingParent {
            for slot in slots {
                try budget.step()
                if slot.level == 1 {
                    _ = try seekParent(step, slot)
                } else {
                    slot.level -= 1
                }
            }
            try passAncestry(from: predicate, to: step)
        }
        if isPath {
            step.stages = (step.stages ?? []) + [.filter(predicate)]
        } else {
            step.predicates = (step.predicates ?? []) + [predicate]
        }
        return result
    }

    /// Attaches a grouping to its left side.
    mutating func grouping(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard let left = node.left else { return node }
        let result = try process(left)
        guard result.group == nil else { throw Failure("S0210", position: node.position) }
        var pairs: [(key: SyntaxNode, value: SyntaxNode)] = []
        for pair in node.pairs { pairs.append((try process(pair.key), try process(pair.value))) }
        result.group = (pairs, node.position)
        return result
    }

    /// Appends a step that sorts.
    mutating func orderBy(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard let left = node.left else { return node }
        let result = Analyzer.asPath(try process(left))
        let sort = SyntaxNode(.sort, position: node.position)
        for term in node.terms {
            let expression = try process(term.expression)
            try passAncestry(from: expression, to: sort)
            sort.terms.append((term.isDescending, expression))
        }
        result.children.append(sort)
        try resolveAncestry(result)
        return result
    }

    /// Binds the context of a step to a variable.
    mutating func focus(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard let left = node.left else { return node }
        let result = try process(left)
        let step = result.kind == .path ? result.children.last ?? result : result
        if step.stages != nil || step.predicates != nil {
            throw Failure("S0215", position: node.position)
        }
        if step.kind == .sort { throw Failure("S0216", position: node.position) }
        if node.keepArray { step.keepArray = true }
        step.focus = node.right?.value.text
        step.isTuple = true
        return result
    }

    /// Binds the position in a step to a variable.
    mutating func index(_ node: SyntaxNode) throws(Failure) -> SyntaxNode {
        guard let left = node.left, let name = node.right?.value.text else { return node }
        var result = try process(left)
        let step: SyntaxNode
        if result.kind == .path {
            step = result.children.last ?? result
        } else {
            step = result
            result = Analyzer.asPath(step)
            if let predicates = step.predicates {
                step.stages = predicates.map { .filter($0) }
                step.predicates = nil
            }
        }
        if let stages = step.stages {
            step.stages = stages + [.index(name)]
        } else {
            step.index = name
        }
        step.isTuple = true
        return result
    }

    // MARK: The parent operator

    /// Hands the unresolved parents of a part to the node that holds it.
    func passAncestry(from part: SyntaxNode, to node: SyntaxNode) throws(Failure) {
        guard part.seekingParent != nil || part.kind == .parent else { return }
        try budget.steps(1 + (part.seekingParent?.count ?? 0))
        // Appended in place: a constructor with many parts would otherwise copy the list for each part.
        node.seekingParent = node.seekingParent ?? []
        node.seekingParent?.append(contentsOf: part.seekingParent ?? [])
        if part.kind == .parent, let slot = part.slot { node.seekingParent?.append(slot) }
    }

    /// Finds, for the parents that the last step of a path seeks, the steps that they are.
    func resolveAncestry(_ path: SyntaxNode) throws(Failure) {
        guard let last = path.children.last else { return }
        var seeking = last.seekingParent ?? []
        if last.kind == .parent, let slot = last.slot { seeking.append(slot) }
        for slot in seeking {
            var slot = slot
            var index = path.children.count - 2
            while slot.level > 0 {
                try budget.step()
                guard index >= 0 else {
                    path.seekingParent = path.seekingParent ?? []
                    path.seekingParent?.append(slot)
                    break
                }
                var step = path.children[index]
                index -= 1
                // Steps in a row that bind a variable each stand for the same context.
                while index >= 0, step.focus != nil, path.children[index].focus != nil {
                    step = path.children[index]
                    index -= 1
                }
                slot = try seekParent(step, slot)
            }
        }
    }

    /// Counts one step towards the parent, and marks the step if it is the one.
    private func seekParent(_ node: SyntaxNode, _ slot: SyntaxNode.Slot) throws(Failure) -> SyntaxNode.Slot {
        try budget.step()
        try budget.checkStack()
        switch node.kind {
        case .name, .wildcard:
            slot.level -= 1
            if slot.level == 0 {
                if let ancestor = node.ancestor { slots[slot.index].label = ancestor.label }
                node.ancestor = slot
                node.isTuple = true
            }
            return slot
        case .parent:
            slot.level += 1
            return slot
        case .block:
            guard let last = node.children.last else { return slot }
            node.isTuple = true
            return try seekParent(last, slot)
        case .path:
            node.isTuple = true
            var slot = slot
            var index = node.children.count - 1
            guard index >= 0 else { return slot }
            repeat {
                slot = try seekParent(node.children[index], slot)
                index -= 1
            } while slot.level > 0 && index >= 0
            return slot
        default:
            throw Failure("S0217", token: .string(Text(node.kind.typeName)), position: node.position)
        }
    }
}
