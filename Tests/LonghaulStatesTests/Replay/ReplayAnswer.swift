import LonghaulJSON
import LonghaulStates

/// Replays recorded answers of CreateStateMachine and ValidateStateMachineDefinition about definitions.
struct ReplayAnswer {
    let recorded: RecordedCase

    func run() throws -> HistoryGrade {
        guard let call = recorded.calls.last, let want = recorded.expected.last else { return .exact }
        let definition = call.input["definition"]?.string ?? ""
        let checks = DefinitionChecks(isExpress: call.input["type"]?.string == "EXPRESS")
        let diagnostics = checks.check(definition)
        var expected = want.object ?? StateObject()
        expected["ResponseMetadata"] = nil
        let got =
            call.operation == "CreateStateMachine"
            ? created(diagnostics, definition, isException: expected["exception_typename"] != nil)
            : validated(diagnostics)
        var unification = Unification(free: recorded.free)
        try unification.unify(.object(expected), got)
        return .exact
    }

    private func created(
        _ diagnostics: [DefinitionDiagnostic], _ definition: String, isException: Bool
    ) -> StateValue {
        guard diagnostics.contains(where: { $0.severity == .error }) else { return .object(StateObject()) }
        let code = "InvalidDefinition"
        let message = DefinitionDiagnostic.invalidDefinition(diagnostics, definition: definition)
        if isException {
            let text = "An error occurred (\(code)) when calling the CreateStateMachine operation: \(message)"
            return .members([("exception_typename", .string(code)), ("exception_value", .string(text))])
        }
        return .members([
            ("Error", .members([("Code", .string(code)), ("Message", .string(message))])),
            ("message", .string(message)),
        ])
    }

    private func validated(_ diagnostics: [DefinitionDiagnostic]) -> StateValue {
        let isValid = !diagnostics.contains { $0.severity == .error }
        let list = diagnostics.map { diagnostic in
            var object = StateObject()
            object["code"] = .string(diagnostic.code.rawValue)
            object["location"] = diagnostic.location.map { .string($0) }
            object["message"] = .string(diagnostic.message)
            object["severity"] = .string(diagnostic.severity.rawValue)
            return StateValue.object(object)
        }
        return .members([
            ("diagnostics", .array(list)), ("result", .string(isValid ? "OK" : "FAIL")),
            ("truncated", .bool(false)),
        ])
    }
}
