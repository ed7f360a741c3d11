/// The variables of a scope, and the scope around it.
final class Frame {
    private(set) var parent: Frame?
    private var bindings: [(name: Name, value: Value)]
    /// The number of scopes around this one.
    let depth: Int
    /// True once a function refers to this frame, which may make a cycle of references.
    var isCaptured = false

    /// A scope; with the variables of a tuple, if one is given.
    init(_ parent: Frame?, _ tuple: TupleValue? = nil) {
        self.parent = parent
        depth = (parent?.depth ?? -1) + 1
        bindings = tuple?.bindings ?? []
    }

    func bind(_ name: Name, _ value: Value) {
        for index in bindings.indices where bindings[index].name == name {
            bindings[index].value = value
            return
        }
        bindings.append((name, value))
    }

    /// The value of a variable; nil if no scope binds it.
    func lookup(_ name: Name) -> Value? {
        var frame = self
        while true {
            for index in frame.bindings.indices where frame.bindings[index].name == name {
                return frame.bindings[index].value
            }
            guard let parent = frame.parent else { return nil }
            frame = parent
        }
    }

    /// Drops all references, at the end of an evaluation.
    func clear() {
        bindings = []
        parent = nil
    }
}
