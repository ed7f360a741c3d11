/// Checks one definition. It collects the problems in the order in which it finds them.
final class MachineChecker {
    let options: DefinitionChecks
    private(set) var diagnostics: [DefinitionDiagnostic] = []
    /// The query language of the machine. States inherit it, also those inside branches and item processors.
    var machineLanguage = CheckedLanguage.jsonPath
    private var stateNames: Set<String> = []
    private var labels: Set<String> = []
    private var nesting = 0

    init(_ options: DefinitionChecks) {
        self.options = options
    }

    /// Adds a problem.
    func report(_ code: DefinitionDiagnostic.Code, _ message: String, _ location: String?) {
        guard diagnostics.count < DefinitionChecks.maxDiagnostics else { return }
        diagnostics.append(DefinitionDiagnostic(code: code, message: message, location: location))
    }

    /// Adds a problem of the schema.
    func report(_ message: String, _ location: String) {
        report(.schema, message, location)
    }

    /// Checks the whole machine: its fields, and the transitions if there is nothing else wrong.
    func checkMachine(_ machine: StateObject) {
        for name in machine.keys where !MachineChecker.machineFields.contains(name) {
            report("Field '\(name)' is not supported", "/")
        }
        if let language = machine["QueryLanguage"] {
            if let known = language.string.flatMap({ CheckedLanguage(rawValue: $0) }) {
                machineLanguage = known
            } else {
                report("Value must be one of the following: [JSONPath, JSONata]", "/QueryLanguage")
            }
        }
        expectString(machine["Comment"], "/Comment")
        expectString(machine["Version"], "/Version")
        if let timeout = machine["TimeoutSeconds"] {
            check(
                timeout, .init(isInteger: true, minimum: 1), language: .jsonPath,
                "/TimeoutSeconds")
        }
        checkContainer(machine, at: "")
        guard options.checksTransitions, !diagnostics.contains(where: { $0.severity == .error }) else {
            return
        }
        TransitionChecker(self).check(machine, at: "")
    }

    private static let machineFields: Set<String> = [
        "Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage",
    ]

    /// Checks what a machine, a branch and an item processor have in common: the states and the first of them.
    ///
    /// - Parameter location: The place of the container; empty for the machine.
    func checkContainer(_ container: StateObject, at location: String) {
        let place = location.isEmpty ? "/" : location
        let missing = ["StartAt", "States"].filter { container[$0] == nil }
        if !missing.isEmpty {
            report("These fields are required: [\(missing.joined(separator: ", "))]", place)
        }
        expectString(container["StartAt"], "\(location)/StartAt")
        guard let value = container["States"] else { return }
        guard let states = value.object else {
            return report("Expected value of type Object", "\(location)/States")
        }
        guard !states.isEmpty else { return report("Value cannot be empty", "\(location)/States") }
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= DefinitionChecks.maxNesting else {
            return report(.tooDeeplyNested, "The states are too deeply nested.", "\(location)/States")
        }
        for (name, state) in states.members { checkState(name, state, "\(location)/States/\(name)") }
    }

    private func checkState(_ name: String, _ value: StateValue, _ location: String) {
        if name.isEmpty || name.unicodeScalars.count > 80 {
            report(.invalidStateName, "State names must have 1 to 80 characters", location)
        }
        if !stateNames.insert(name).inserted {
            report(.duplicateStateName, "Duplicate State name: \(name)", location)
        }
        guard let state = value.object else { return report("Expected value of type Object", location) }
        guard let type = state["Type"] else { return report("These fields are required: [Type]", location) }
        guard let rules = type.string.flatMap({ FieldRule.byType[$0] }), let type = type.string else {
            let types = FieldRule.byType.keys.sorted().joined(separator: ", ")
            return report("Value must be one of the following: [\(types)]", "\(location)/Type")
        }
        let part = CheckedPart(
            fields: state, location: location, language: language(of: state, location), stateType: type)
        checkFields(of: part, rules)
        checkSpecialFields(of: part)
    }

    private func language(of state: StateObject, _ location: String) -> CheckedLanguage {
        guard let value = state["QueryLanguage"] else { return machineLanguage }
        guard let language = value.string.flatMap({ CheckedLanguage(rawValue: $0) }) else {
            report("Value must be one of the following: [JSONPath, JSONata]", "\(location)/QueryLanguage")
            return machineLanguage
        }
        if machineLanguage == .jsonata, language == .jsonPath {
            report(
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", location)
            return .jsonata
        }
        return language
    }

    /// Notes the label of a Map state. False if another state has the same one.
    func insert(label: String) -> Bool { labels.insert(label).inserted }
}

/// A state, or a part of a state with fields of its own, while it is checked.
struct CheckedPart {
    let fields: StateObject
    let location: String
    let language: CheckedLanguage
    /// The type of the state.
    let stateType: String
    /// Whether the part is a catcher, whose expressions can read the error.
    var isCatcher = false

    /// The place of a field.
    func place(_ field: String) -> String { "\(location)/\(field)" }

    /// A part inside this one.
    func part(_ fields: StateObject, _ location: String, isCatcher: Bool = false) -> CheckedPart {
        CheckedPart(
            fields: fields, location: location, language: language, stateType: stateType, isCatcher: isCatcher
        )
    }
}
