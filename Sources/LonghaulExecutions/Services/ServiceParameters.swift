import LonghaulStates

/// Checks the parameters of a call of an AWS service when the task starts.
struct ServiceParameters: Sendable {
    private let model: ServiceModel

    init(_ model: ServiceModel) {
        self.model = model
    }

    /// What is wrong with the parameters of an operation; nil if nothing is.
    func problem(_ parameters: StateValue, of operation: ServiceModel.Operation) -> String? {
        let input = operation.input ?? .shape("")
        if let problem = problem(parameters, input, field: nil) { return problem }
        guard case .structure(let structure)? = model.shape(input) else { return nil }
        let names = Set((parameters.object ?? StateObject()).keys.map { SDKNames.capitalized($0) })
        return structure.required.map { SDKNames.capitalized($0) }.first { !names.contains($0) }
            .map { TaskParameters.missing($0) }
    }

    private func problem(_ value: StateValue, _ type: ServiceType, field: String?) -> String? {
        guard !value.isNull else { return nil }
        switch model.shape(type) {
        case .structure(let structure)?:
            guard let object = value.object else { return field.map { TaskParameters.invalid($0) } }
            for (name, inner) in object.members {
                guard let member = structure.member(name) else {
                    return "The field '\(name)' is not supported by Step Functions"
                }
                if let problem = problem(inner, member.type, field: name) { return problem }
            }
            return nil
        case .list(let list)?:
            guard let elements = value.array else { return field.map { TaskParameters.invalid($0) } }
            return elements.lazy.compactMap { problem($0, list.of, field: field) }.first
        case .map(let map)?:
            guard let object = value.object else { return field.map { TaskParameters.invalid($0) } }
            return object.values.lazy.compactMap { problem($0, map.of, field: field) }.first
        case nil: return nil
        }
    }
}
