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
        default: return nil
        }
    }

    private static func missing(_ name: String, _ parameters: StateValue) -> String? {
        guard parameters[name] == nil else { return nil }
        return "The field '\(name)' is required but was missing"
    }
}
