extension MachineChecker {
    /// Checks the fields of a state that have rules of their own.
    func checkSpecialFields(of state: CheckedPart) {
        checkRequired(of: state)
        checkTransitionFields(of: state)
        checkAssign(of: state)
        checkPolicies(of: state)
        switch state.stateType {
        case "Task": checkResource(of: state)
        case "Choice": checkChoices(of: state)
        case "Wait": checkWait(of: state)
        case "Pass": warnOfStaticResult(of: state)
        case "Parallel": checkBranches(of: state)
        case "Map": checkMap(of: state)
        default: break
        }
    }

    private func checkRequired(of state: CheckedPart) {
        let required: [String: [String]] = [
            "Task": ["Resource"], "Choice": ["Choices"], "Parallel": ["Branches"],
        ]
        let missing = (required[state.stateType] ?? []).filter { state.fields[$0] == nil }
        if !missing.isEmpty {
            report("These fields are required: [\(missing.joined(separator: ", "))]", state.location)
        }
    }

    private func checkTransitionFields(of state: CheckedPart) {
        expectString(state.fields["Next"], state.place("Next"))
        guard options.checksTransitions, !["Choice", "Succeed", "Fail"].contains(state.stateType) else {
            return
        }
        let isEnd = state.fields["End"]?.bool == true
        let hasNext = state.fields["Next"] != nil
        if isEnd, hasNext {
            report("There should only be one of the following fields: [Next, End]", state.location)
        } else if !isEnd, !hasNext {
            report("One of the following fields is required: [Next, End]", state.location)
        }
    }

    /// Checks the variables that a state or a catcher assigns.
    func checkAssign(of part: CheckedPart) {
        guard let value = part.fields["Assign"] else { return }
        let place = part.place("Assign")
        guard let object = value.object else { return report("Expected value of type Object", place) }
        for key in object.keys {
            let isField = part.language == .jsonPath && key.hasSuffix(".$")
            let name = isField ? String(key.dropLast(2)) : key
            if !MachineChecker.isVariableName(name) { report("Invalid variable name '\(name)'", place) }
        }
        guard part.language == .jsonPath else {
            return checkQueries(in: value, place, part, field: "Assign")
        }
        do {
            _ = try PayloadTemplate(value)
        } catch {
            report(error.message, place + error.location)
        }
    }

    private static func isVariableName(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        guard let first = scalars.first, scalars.count <= 80, name != "states" else { return false }
        return (first == "_" || first.properties.isXIDStart)
            && scalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    }

    private func checkResource(of state: CheckedPart) {
        guard let value = state.fields["Resource"] else { return }
        let place = state.place("Resource")
        guard let resource = value.string else { return report("Expected value of type String", place) }
        guard TaskResource(arn: resource) != nil else {
            return report("Value is not a valid resource ARN", place)
        }
        if options.isExpress {
            if case .activity = TaskResource(arn: resource)?.kind {
                return report("Express state machine does not support Activity ARN '\(resource)'", place)
            }
            for pattern in [".waitForTaskToken", ".sync:2", ".sync"] where resource.hasSuffix(pattern) {
                // AWS writes the space at the end.
                return report(
                    "Express state machine does not support '\(pattern)' service integration ", place)
            }
        }
        if !options.isResourceSupported(resource) {
            reportUnknown(resource, place)
        }
    }

    /// Adds the problem of a resource that a server cannot run.
    func reportUnknown(_ resource: String, _ place: String) {
        report(
            "The resource provided \(resource) is not recognized. The value is not a valid resource ARN, "
                + "or the resource is not available in this region.", place)
    }

    private func checkWait(of state: CheckedPart) {
        let fields = ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"].filter {
            state.fields[$0] != nil
        }
        if fields.count > 1 {
            report(
                "There should only be one of the following fields: [\(fields.joined(separator: ", "))]",
                state.location)
        } else if fields.isEmpty {
            report(
                "One of the following fields is required: [Seconds, Timestamp, SecondsPath, TimestampPath]",
                state.location)
        }
    }

    private func warnOfStaticResult(of state: CheckedPart) {
        guard let result = state.fields["Result"]?.object else { return }
        for (name, value) in result.members {
            guard name.hasSuffix(".$") || value.string.map(MachineChecker.looksLikePath) == true else {
                continue
            }
            report(
                .staticPassResult, "Attempt to use a path in the result of a pass state.",
                "\(state.place("Result"))/\(name)")
        }
    }

    private func checkBranches(of state: CheckedPart) {
        guard let value = state.fields["Branches"] else { return }
        let place = state.place("Branches")
        guard let branches = value.array else { return report("Expected value of type Array", place) }
        guard !branches.isEmpty else { return report("Value cannot be empty", place) }
        for (index, branch) in branches.enumerated() {
            checkBranch(branch, "\(place)[\(index)]", allowed: ["StartAt", "States", "Comment"])
        }
    }

    /// Checks a branch or an item processor.
    func checkBranch(_ value: StateValue, _ place: String, allowed: Set<String>) {
        guard let branch = value.object else { return report("Expected value of type Object", place) }
        for name in branch.keys where !allowed.contains(name) {
            report("Field '\(name)' is not supported", place)
        }
        checkContainer(branch, at: place)
    }
}
