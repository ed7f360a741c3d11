/// One step of a path.
indirect enum PathStep: Sendable, Hashable {
    /// `.name` or `['a','b']`.
    case properties([String], quote: Character)
    /// `[1]` or `[1,2]`. Negative indices count from the end.
    case indices([Int])
    /// `[1:5]`, `[1:]` or `[:5]`.
    case slice(from: Int?, to: Int?)
    /// `.*` or `[*]`.
    case wildcard
    /// `..`: the value and everything inside it.
    case descendants
    /// `[?(…)]`.
    case filter(PathFilter)
    /// `.length()`.
    case function(PathFunction, [PathArgument])

    /// Whether the step leads to one value at most.
    func isDefinite(isLast: Bool) -> Bool {
        switch self {
        case .properties(let names, _): names.count == 1 || isLast
        case .indices(let indices): indices.count == 1
        case .function: true
        case .slice, .wildcard, .descendants, .filter: false
        }
    }

    /// The step as error texts show it.
    var text: String {
        switch self {
        case .properties(let names, let quote):
            "[" + names.map { "\(quote)\($0)\(quote)" }.joined(separator: ",") + "]"
        case .indices(let indices): "[" + indices.map { String($0) }.joined(separator: ",") + "]"
        case .slice(let from, let to):
            "[\(from.map { String($0) } ?? ""):\(to.map { String($0) } ?? "")]"
        case .wildcard: "[*]"
        case .descendants: ".."
        case .filter: "[?]"
        case .function(let function, let arguments):
            ".\(function.rawValue)\(arguments.isEmpty ? "()" : "(...)")"
        }
    }
}

/// An argument of a function in a path.
indirect enum PathArgument: Sendable, Hashable {
    case literal(StateValue)
    case path(RelativePath)
}

/// The functions that a path can call.
enum PathFunction: String, Sendable, Hashable {
    case length, size, min, max, avg, sum, stddev, keys, concat, append, first, last, index
}

/// A path from the value itself (`@`) or from the root (`$`), inside a filter or as an argument.
struct RelativePath: Sendable, Hashable {
    let isFromRoot: Bool
    let steps: [PathStep]

    /// Whether the path leads to one value at most.
    var isDefinite: Bool { RelativePath.isDefinite(steps) }

    static func isDefinite(_ steps: [PathStep]) -> Bool {
        steps.indices.allSatisfy { steps[$0].isDefinite(isLast: $0 == steps.count - 1) }
    }
}
