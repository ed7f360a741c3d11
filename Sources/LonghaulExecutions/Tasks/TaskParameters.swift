import LonghaulStates

/// Checks of the parameters of tasks when they start.
enum TaskParameters {
    /// What is wrong with the parameters of a task; nil if nothing is.
    @Sendable static func problem(_ resource: TaskResource, _ parameters: StateValue) -> String? {
        guard case .service(let service, let action) = resource.kind else { return nil }
        switch (service, action) {
        case ("lambda", "invoke"): return missing("FunctionName", parameters)
        case ("states", "startExecution"): return missing("StateMachineArn", parameters)
        case ("http", "invoke"): return missing("ApiEndpoint", parameters)
        case ("apigateway", "invoke"):
            return missing("ApiEndpoint", parameters) ?? missing("Method", parameters)
                ?? notLists("Headers", parameters) ?? notLists("QueryParameters", parameters)
        default: return call(resource, parameters)
        }
    }

    private static func call(_ resource: TaskResource, _ parameters: StateValue) -> String? {
        guard let integration = ServiceIntegration(resource),
            let operation = integration.model.operations[integration.operation]
        else { return nil }
        return ServiceParameters(integration.model).problem(parameters, of: operation)
    }

    private static func missing(_ name: String, _ parameters: StateValue) -> String? {
        parameters[name] == nil ? missing(name) : nil
    }

    private static func notLists(_ name: String, _ parameters: StateValue) -> String? {
        guard let value = parameters[name], !value.isNull else { return nil }
        let isValid = value.object?.values.allSatisfy { $0.array != nil } == true
        return isValid ? nil : invalid(name)
    }

    /// A required field is missing.
    static func missing(_ name: String) -> String { "The field '\(name)' is required but was missing" }

    /// A field has a value of another type.
    static func invalid(_ name: String) -> String { "The value of the field '\(name)' has an invalid format" }
}
