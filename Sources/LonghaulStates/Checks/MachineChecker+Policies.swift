extension MachineChecker {
    /// Checks the retriers and catchers of a state.
    func checkPolicies(of state: CheckedPart) {
        checkList("Retry", of: state) { retrier in
            checkFields(of: retrier, FieldRule.retrier)
            checkErrors(of: retrier)
            if let strategy = retrier.fields["JitterStrategy"], !["FULL", "NONE"].contains(strategy.string) {
                report("Value must be one of the following: [FULL, NONE]", retrier.place("JitterStrategy"))
            }
        }
        checkList("Catch", of: state, isCatcher: true) { catcher in
            checkFields(of: catcher, FieldRule.catcher)
            checkErrors(of: catcher)
            checkAssign(of: catcher)
            if catcher.fields["Next"] == nil { report("These fields are required: [Next]", catcher.location) }
            expectString(catcher.fields["Next"], catcher.place("Next"))
        }
    }

    /// Checks the parts in a list of a state.
    func checkList(
        _ field: String, of state: CheckedPart, isCatcher: Bool = false, _ check: (CheckedPart) -> Void
    ) {
        guard let value = state.fields[field] else { return }
        let place = state.place(field)
        guard let elements = value.array else { return report("Expected value of type Array", place) }
        for (index, element) in elements.enumerated() {
            guard let object = element.object else {
                report("Expected value of type Object", "\(place)[\(index)]")
                continue
            }
            check(state.part(object, "\(place)[\(index)]", isCatcher: isCatcher))
        }
        guard field != "Choices" else { return }
        let all = elements.dropLast().firstIndex {
            $0["ErrorEquals"]?.array?.contains(.string("States.ALL")) ?? false
        }
        if let all {
            report("States.ALL must be in the last element of '\(field)'", "\(place)[\(all)]/ErrorEquals")
        }
    }

    private func checkErrors(of part: CheckedPart) {
        guard let value = part.fields["ErrorEquals"] else {
            return report("These fields are required: [ErrorEquals]", part.location)
        }
        let place = part.place("ErrorEquals")
        guard let names = value.array else { return report("Expected value of type Array", place) }
        guard !names.isEmpty else { return report("Value cannot be empty", place) }
        for (index, name) in names.enumerated() { expectString(name, "\(place)[\(index)]") }
        if names.count > 1, names.contains(.string("States.ALL")) {
            report("States.ALL must be the only element of 'ErrorEquals'", place)
        }
    }

    /// Checks the rules of a Choice state.
    func checkChoices(of state: CheckedPart) {
        guard let value = state.fields["Choices"] else { return }
        if value.array?.isEmpty == true { return report("Value cannot be empty", state.place("Choices")) }
        checkList("Choices", of: state) { rule in
            if rule.fields["Next"] == nil { report("These fields are required: [Next]", rule.location) }
            expectString(rule.fields["Next"], rule.place("Next"))
            checkAssign(of: rule)
            if rule.language == .jsonata {
                checkCondition(of: rule)
            } else {
                checkComparison(of: rule)
            }
        }
    }

    private func checkCondition(of rule: CheckedPart) {
        for name in rule.fields.keys
        where !["Next", "Condition", "Assign", "Output", "Comment"].contains(name) {
            guard MachineChecker.comparisonFields.contains(name) else {
                report("Field '\(name)' is not supported", rule.location)
                continue
            }
            report(
                "The QueryLanguage is set to 'JSONata', but field '\(name)' is only supported for the "
                    + "'JSONPath' QueryLanguage", rule.location)
        }
        guard let condition = rule.fields["Condition"] else {
            return report("These fields are required: [Condition]", rule.location)
        }
        let isExpression = condition.string.map { QueryExpression.isExpression($0) } ?? false
        if !isExpression, condition.bool == nil {
            report("Value must be a boolean or a JSONata expression", rule.place("Condition"))
        }
        checkQueries(in: condition, rule.place("Condition"), rule, field: "Condition")
        if let output = rule.fields["Output"] {
            checkQueries(in: output, rule.place("Output"), rule, field: "Output")
        }
    }

    private static let comparisonFields =
        Set(ChoiceOperator.byName.keys).union(["Variable", "And", "Or", "Not"])

    private func checkComparison(of rule: CheckedPart) {
        for name in ["Condition", "Output"] where rule.fields[name] != nil {
            report(
                "The QueryLanguage is set to 'JSONPath', but field '\(name)' is only supported for the "
                    + "'JSONata' QueryLanguage", rule.location)
        }
        guard rule.fields["Condition"] == nil else { return }
        let known = MachineChecker.comparisonFields.union(["Next", "Assign", "Output", "Comment"])
        for name in rule.fields.keys where !known.contains(name) {
            report("Field '\(name)' is not supported", rule.location)
        }
        do {
            _ = try ChoiceRule(.object(rule.fields))
        } catch {
            report(error.message, rule.location + error.location)
        }
    }
}
