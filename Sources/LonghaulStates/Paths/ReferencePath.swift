internal import LonghaulJSON

/// A path that leads to one place, which a state can write: the value of `ResultPath`.
public struct ReferencePath: Sendable, Hashable {
    /// The path as written.
    public let text: String
    private let steps: [Step]

    private enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    /// Compiles a reference path: `$`, or a path of names and single indices.
    ///
    /// - Throws: ``PathError`` of kind `syntax`, also for other paths.
    public init(_ text: String) throws(PathError) {
        let path = try JSONPath(text)
        guard path.root == .input, let steps = ReferencePath.steps(of: path) else {
            throw PathError(.syntax, "Value is not a Reference Path")
        }
        self.text = text
        self.steps = steps
    }

    private static func steps(of path: JSONPath) -> [Step]? {
        var steps: [Step] = []
        for step in path.steps {
            switch step {
            case .properties(let names, _) where names.count == 1: steps.append(.key(names[0]))
            case .indices(let indices) where indices.count == 1: steps.append(.index(indices[0]))
            default: return nil
            }
        }
        return steps
    }

    /// Whether the path is a reference path of any root: it has only names and single indices.
    static func isReference(_ path: JSONPath) -> Bool { steps(of: path) != nil }

    /// The document with `value` at the path. Objects on the way are created if they are missing.
    ///
    /// - Throws: ``StateFailure`` `States.ResultPathMatchFailure` if the document has no place for the value.
    public func write(_ value: StateValue, into document: StateValue) throws(StateFailure) -> StateValue {
        guard let result = ReferencePath.write(value, into: document, steps[...]) else {
            throw StateFailure(
                error: "States.ResultPathMatchFailure",
                message: "Unable to apply ReferencePath \(text) to input \(document.json)")
        }
        return result
    }

    private static func write(
        _ value: StateValue, into document: StateValue?, _ steps: ArraySlice<Step>
    ) -> StateValue? {
        guard let step = steps.first else { return value }
        switch (step, document) {
        case (.key(let key), .object(var object)):
            guard let inner = write(value, into: object[key], steps.dropFirst()) else { return nil }
            object[key] = inner
            return .object(object)
        case (.key(let key), nil):
            return write(value, into: nil, steps.dropFirst()).map { .members([(key, $0)]) }
        case (.index(let index), .array(var array)):
            let position = index < 0 ? array.count + index : index
            guard array.indices.contains(position),
                let inner = write(value, into: array[position], steps.dropFirst())
            else { return nil }
            array[position] = inner
            return .array(array)
        default: return nil
        }
    }
}
