internal import LonghaulStates

extension StepFunctions {
    /// The operation that checks definitions.
    static let validationOperations: [String: Operation] = [
        "ValidateStateMachineDefinition": validateDefinition
    ]

    private static let maxDiagnostics = 100

    private func validateDefinition(_ input: OperationInput) async throws(ServiceError) -> StateObject {
        let definition = try input.requiredText("definition")
        let type = MachineType(rawValue: input.text("type") ?? "") ?? .standard
        let problems = try await diagnostics(definition, type)
        let isValid = !problems.contains { $0.severity == .error }
        let shown = problems.filter { $0.severity == .error || input.text("severity") == "WARNING" }
        var limit = input.integer("maxResults") ?? 0
        if !(1...StepFunctions.maxDiagnostics).contains(limit) { limit = StepFunctions.maxDiagnostics }
        return StateObject([
            ("result", .string(isValid ? "OK" : "FAIL")),
            ("diagnostics", .array(shown.prefix(limit).map { $0.output })),
            ("truncated", .bool(shown.count > limit)),
        ])
    }

    /// The problems of a definition.
    func diagnostics(
        _ definition: String, _ type: MachineType
    ) async throws(ServiceError) -> [DefinitionDiagnostic] {
        let checks = checks(type)
        return try await StepFunctions.apart(bytes: definition.utf8.count) { checks.check(definition) }
    }
}

extension DefinitionDiagnostic {
    fileprivate var output: StateValue {
        var object = StateObject([
            ("severity", .string(severity.rawValue)), ("code", .string(code.rawValue)),
            ("message", .string(message)),
        ])
        object["location"] = location.map { .string($0) }
        return .object(object)
    }
}
