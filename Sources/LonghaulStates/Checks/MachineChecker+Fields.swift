extension MachineChecker {
    /// Checks that a part has only fields that it may have, with values of their kinds.
    func checkFields(of part: CheckedPart, _ rules: [String: FieldRule]) {
        for (name, value) in part.fields.members {
            guard let rule = rules[name] else {
                report("Field '\(name)' is not supported", part.location)
                continue
            }
            if let language = rule.language, language != part.language {
                report(
                    "The QueryLanguage is set to '\(part.language.rawValue)', but field '\(name)' is only "
                        + "supported for the '\(language.rawValue)' QueryLanguage", part.location)
                continue
            }
            check(value, rule.kind, name, part)
        }
        for pair in FieldRule.exclusive where pair.allSatisfy({ part.fields[$0] != nil }) {
            report(
                "There should only be one of the following fields: [\(pair.joined(separator: ", "))]",
                part.location)
        }
    }

    private func check(_ value: StateValue, _ kind: FieldRule.Kind, _ name: String, _ part: CheckedPart) {
        let place = part.place(name)
        switch kind {
        case .any, .special: break
        case .string: expectString(value, place)
        case .bool: if value.bool == nil { report("Expected value of type Boolean", place) }
        case .object: if value.object == nil { report("Expected value of type Object", place) }
        case .number(let range):
            if !isQuery(value, part) { check(value, range, language: part.language, place) }
        case .timestamp:
            if isQuery(value, part) { break }
            if value.string.flatMap({ StateTimestamp($0) }) == nil {
                report("String does not match RFC3339 timestamp", place)
            }
        case .path: checkPath(value, place)
        case .reference: checkReference(value, place)
        case .resultPath:
            if value.isNull { break }
            if value.string.flatMap({ try? ReferencePath($0) }) == nil {
                report("Value is not a Reference Path", place)
            }
        case .pathExpression:
            if value.string.flatMap({ try? PathExpression($0) }) == nil {
                report(
                    "Value must be a valid JSONPath or a valid intrinsic function call", place)
            }
        case .text: checkText(value, name, part)
        case .template: checkTemplate(value, name, part)
        }
        if part.language == .jsonata { checkQueries(in: value, place, part, field: name, kind) }
    }

    /// Whether the value is an expression, in a state that uses JSONata.
    private func isQuery(_ value: StateValue, _ part: CheckedPart) -> Bool {
        part.language == .jsonata && value.string.map { QueryExpression.isExpression($0) } ?? false
    }

    /// Checks a text, if there is one.
    func expectString(_ value: StateValue?, _ place: String) {
        if let value, value.string == nil { report("Expected value of type String", place) }
    }

    /// Checks a number.
    func check(
        _ value: StateValue, _ range: FieldRule.NumberRange, language: CheckedLanguage, _ place: String
    ) {
        guard let number = value.number, !range.isInteger || number.int64 != nil else {
            return report("Expected value of type \(range.isInteger ? "Integer" : "Number")", place)
        }
        if number.double < range.minimum { report("Minimum value is \(text(range.minimum, range))", place) }
        if number.double > range.maximum { report("Maximum value is \(text(range.maximum, range))", place) }
    }

    private func text(_ bound: Double, _ range: FieldRule.NumberRange) -> String {
        range.isInteger ? String(Int(bound)) : StateNumber.decimal(bound).text
    }

    private func checkPath(_ value: StateValue, _ place: String) {
        if value.isNull { return }
        if value.string.flatMap({ try? JSONPath($0) }) == nil {
            report("Value must be a valid JSONPath.", place)
        }
    }

    private func checkReference(_ value: StateValue, _ place: String) {
        guard let path = value.string.flatMap({ try? JSONPath($0) }), path.root != .context,
            ReferencePath.isReference(path)
        else { return report("Value is not a Reference Path", place) }
    }

    private func checkText(_ value: StateValue, _ name: String, _ part: CheckedPart) {
        expectString(value, part.place(name))
        guard part.language == .jsonPath, let text = value.string, MachineChecker.looksLikePath(text) else {
            return
        }
        report(
            .noPath, "Field value looks like a path, but field name does not end with 'Path'.",
            part.place(name))
    }

    private func checkTemplate(_ value: StateValue, _ name: String, _ part: CheckedPart) {
        guard part.language == .jsonPath else { return }
        do {
            _ = try PayloadTemplate(value)
        } catch {
            report(error.message, part.place(name) + error.location)
        }
        warnOfMissingDollars(in: value, part.place(name), depth: 0)
    }

    private func warnOfMissingDollars(in value: StateValue, _ place: String, depth: Int) {
        if let object = value.object {
            for (name, member) in object.members where !name.hasSuffix(".$") {
                if let text = member.string, MachineChecker.looksLikePath(text) {
                    report(
                        .noDollar, "No .$ on a field that appears to be a JSONPath or Intrinsic Function.",
                        "\(place)/\(name)")
                }
                warnOfMissingDollars(in: member, "\(place)/\(name)", depth: depth + 1)
            }
        } else if let array = value.array {
            for (index, element) in array.enumerated() {
                warnOfMissingDollars(in: element, "\(place)[\(index)]", depth: depth + 1)
            }
        }
    }

    /// Whether a text was probably meant as a path or as a call of an intrinsic function.
    static func looksLikePath(_ text: String) -> Bool {
        text == "$" || text == "$$" || text.hasPrefix("$.") || text.hasPrefix("$$.")
            || (text.hasPrefix("States.") && (try? IntrinsicCall(text)) != nil)
    }
}
