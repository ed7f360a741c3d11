extension Turn {
    mutating func runMap(_ frame: StateFrame, _ map: MapState) throws(StateFailure) {
        if map.isDistributed {
            try runMapRun(frame, map)
        } else {
            try runInlineMap(frame, map)
        }
    }

    /// What a map works on: its items, and what its item selector reads as input.
    func mapSource(
        _ frame: StateFrame, _ map: MapState
    ) throws(StateFailure) -> (items: [StateValue], input: StateValue) {
        if frame.isJSONata { return (try jsonataItems(frame, map), frame.input) }
        var frame = frame
        frame.input = try inputPathValue(frame)
        let items: StateValue
        let path: String
        switch map.itemsPath {
        case .path(let field):
            items = try evaluate(field, "ItemsPath", frame)
            // AWS names a path into the context object by one `$`.
            path = field.source.hasPrefix("$$") ? String(field.source.dropFirst()) : field.source
        case .whole, .nothing:
            items = frame.input
            path = "$"
        }
        guard let items = items.array else {
            throw .runtime("Reference path \"\(path)\" must point to array.")
        }
        return (items, frame.input)
    }

    private func jsonataItems(_ frame: StateFrame, _ map: MapState) throws(StateFailure) -> [StateValue] {
        guard let template = map.items else {
            guard let items = frame.input.array else {
                throw StateFailure(
                    error: ErrorName.queryEvaluation,
                    message: "Map state input must be an array but was: \(frame.input.json)")
            }
            return items
        }
        let value = try evaluate(template, frame, expecting: .array)
        guard let items = value.array else {
            throw StateFailure(
                error: ErrorName.queryEvaluation, message: "Items must be an array but was: \(value.json)",
                location: "Items")
        }
        return items
    }

    /// The input of an iteration.
    func selectItem(
        _ frame: StateFrame, _ item: StateValue, _ index: Int, from input: StateValue
    ) throws(StateFailure) -> StateValue {
        guard case .map(let map) = frame.state.kind, let selector = map.selector else { return item }
        var frame = frame
        frame.input = input
        frame.item = (index, item)
        return try evaluate(selector, frame)
    }
}
