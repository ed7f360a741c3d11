/// Checks that transitions lead to states, that each state can be reached, and that there is an end.
struct TransitionChecker {
    private let checker: MachineChecker

    init(_ checker: MachineChecker) {
        self.checker = checker
    }

    /// One place in a definition that names the next state.
    private struct Transition {
        let source: String?
        let target: String
        let location: String
    }

    /// Checks the states of a machine, a branch or an item processor, and those inside its states.
    ///
    /// - Parameter location: The place of the container; empty for the machine.
    func check(_ container: StateObject, at location: String) {
        guard let states = container["States"]?.object else { return }
        let transitions = transitions(of: container, states, at: location)
        for transition in transitions where states[transition.target] == nil {
            checker.report(
                .missingTransitionTarget, "Missing 'Next' target: \(transition.target)", transition.location)
        }
        if states.values.contains(where: TransitionChecker.isTerminal) {
            reportUnreachable(states, transitions, at: location)
        } else {
            checker.report(
                .missingEndState, "Workflow has no terminal state", location.isEmpty ? nil : location)
        }
        for (name, state) in states.members { checkInside(state, at: "\(location)/States/\(name)") }
    }

    private func checkInside(_ state: StateValue, at place: String) {
        for (index, branch) in (state["Branches"]?.array ?? []).enumerated() {
            if let branch = branch.object { check(branch, at: "\(place)/Branches[\(index)]") }
        }
        for field in ["ItemProcessor", "Iterator"] {
            if let processor = state[field]?.object { check(processor, at: "\(place)/\(field)") }
        }
    }

    private static func isTerminal(_ state: StateValue) -> Bool {
        state["End"]?.bool == true || ["Succeed", "Fail"].contains(state["Type"]?.string)
    }

    private func transitions(
        of container: StateObject, _ states: StateObject, at location: String
    ) -> [Transition] {
        var found: [Transition] = []
        func add(_ value: StateValue?, from source: String?, _ place: String) {
            guard let target = value?.string else { return }
            found.append(Transition(source: source, target: target, location: place))
        }
        add(container["StartAt"], from: nil, "\(location)/StartAt")
        for (name, state) in states.members {
            let place = "\(location)/States/\(name)"
            add(state["Next"], from: name, "\(place)/Next")
            for list in ["Choices", "Catch"] {
                for (index, element) in (state[list]?.array ?? []).enumerated() {
                    add(element["Next"], from: name, "\(place)/\(list)[\(index)]/Next")
                }
            }
            add(state["Default"], from: name, "\(place)/Default")
        }
        return found
    }

    private func reportUnreachable(_ states: StateObject, _ transitions: [Transition], at location: String) {
        var targets: [String: [String]] = [:]
        var pending: [String] = []
        for transition in transitions {
            if let source = transition.source {
                targets[source, default: []].append(transition.target)
            } else {
                pending.append(transition.target)
            }
        }
        var reached: Set<String> = []
        while let name = pending.popLast() {
            if reached.insert(name).inserted { pending += targets[name] ?? [] }
        }
        for name in states.keys where !reached.contains(name) {
            checker.report(
                .missingTransitionTarget, "State \"\(name)\" is not reachable.", "\(location)/States/\(name)")
        }
    }
}
