internal import LonghaulJSONata

extension MachineChecker {
    /// Checks all expressions `{% … %}` in a field of a state that uses JSONata.
    func checkQueries(
        in value: StateValue, _ place: String, _ part: CheckedPart, field: String, _ kind: FieldRule.Kind
    ) {
        switch kind {
        case .number, .timestamp, .template, .text: checkQueries(in: value, place, part, field: field)
        default: break
        }
    }

    /// Checks all expressions in a value.
    ///
    /// - Parameter field: The field of the state or of its part, which decides what an expression can read.
    func checkQueries(in value: StateValue, _ place: String, _ part: CheckedPart, field: String) {
        switch value {
        case .string(let text):
            guard QueryExpression.isExpression(text) else { return }
            do {
                let expression = try QueryExpression(text, location: place)
                check(expression.references, place, part, field: field)
            } catch {
                report(.invalidQuery, error.message, place)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                checkQueries(in: element, "\(place)[\(index)]", part, field: field)
            }
        case .object(let object):
            for (key, member) in object.members {
                checkQueries(in: member, "\(place)/\(key)", part, field: field)
            }
        default: break
        }
    }

    private func check(
        _ references: JSONataReferences, _ place: String, _ part: CheckedPart, field: String
    ) {
        for name in references.inputNames {
            report(.unsupportedQuery, "Reference to '\(name)' at the top level is not supported.", place)
        }
        if references.readsDocument {
            report(.unsupportedQuery, "Reference to '$$' is not supported.", place)
        }
        for variable in references.variables where variable.name == "states" {
            switch variable.field {
            case "result":
                let isWork = ["Task", "Parallel", "Map"].contains(part.stateType)
                guard !isWork || part.isCatcher || !["Output", "Assign"].contains(field) else { continue }
            case "errorOutput": guard !part.isCatcher else { continue }
            default: continue
            }
            report(
                .unsupportedQuery,
                "Reference to '$states.\(variable.field ?? "")' is not supported in this field.", place)
        }
    }
}
