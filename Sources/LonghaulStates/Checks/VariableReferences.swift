internal import LonghaulJSONata

/// The variables that each state of a machine reads, as `DescribeStateMachine` lists them.
public struct VariableReferences: Sendable, Hashable {
    /// The names of the variables by the names of the states that read them. Other states are left out.
    public private(set) var byState: [String: [String]] = [:]

    /// The references of a definition. What is not valid in it is left out.
    public init(of definition: StateValue) {
        let isQuery = definition["QueryLanguage"] == .string(CheckedLanguage.jsonata.rawValue)
        collect(definition, machineLanguage: isQuery ? .jsonata : .jsonPath, nesting: 0)
    }

    private mutating func collect(_ container: StateValue, machineLanguage: CheckedLanguage, nesting: Int) {
        guard nesting <= DefinitionChecks.maxNesting, let states = container["States"]?.object else { return }
        for (name, state) in states.members {
            let own = state["QueryLanguage"]?.string.flatMap { CheckedLanguage(rawValue: $0) }
            var reader = VariableReader(language: own ?? machineLanguage)
            for (field, value) in state.object?.members.map({ $0 }) ?? []
            where !VariableReferences.skipped.contains(field) {
                reader.read(value, key: field)
            }
            if !reader.names.isEmpty { byState[name] = reader.names }
            let inner =
                (state["Branches"]?.array ?? [])
                + [state["ItemProcessor"], state["Iterator"]].compactMap { $0 }
            for part in inner { collect(part, machineLanguage: machineLanguage, nesting: nesting + 1) }
        }
    }

    /// The fields with states of their own, and those without expressions.
    private static let skipped: Set<String> = ["Branches", "ItemProcessor", "Iterator", "Result", "Comment"]
}

/// Collects the variables in the fields of one state.
private struct VariableReader {
    let language: CheckedLanguage
    var names: [String] = []
    private var seen: Set<String> = []

    init(language: CheckedLanguage) {
        self.language = language
    }

    mutating func read(_ value: StateValue, key: String) {
        switch value {
        case .string(let text): read(text, key: key)
        case .array(let elements): for element in elements { read(element, key: key) }
        case .object(let object): for (key, member) in object.members { read(member, key: key) }
        default: break
        }
    }

    private mutating func read(_ text: String, key: String) {
        if language == .jsonata {
            guard QueryExpression.isExpression(text),
                let expression = try? QueryExpression(text, location: key)
            else { return }
            for variable in expression.references.variables where variable.name != "states" {
                add(variable.name)
            }
        } else if key.hasSuffix(".$") || key.hasSuffix("Path") || key == "Variable" {
            for name in (try? PathExpression(text))?.variables ?? [] { add(name) }
        }
    }

    private mutating func add(_ name: String) {
        if seen.insert(name).inserted { names.append(name) }
    }
}
