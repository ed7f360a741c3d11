internal import LonghaulJSON

/// Checks definitions of state machines, with AWS's codes, messages and places.
///
/// ```swift
/// let problems = DefinitionChecks().check(definition)
/// guard !problems.contains(where: { $0.severity == .error }) else { … }
/// ```
public struct DefinitionChecks: Sendable {
    /// Whether the machine is an express one, which has no callbacks and waits for no jobs.
    public var isExpress: Bool
    /// Whether targets of transitions must exist and states must be reachable. False for a single state that is tested.
    public var checksTransitions: Bool
    /// Whether the server can run a resource. Definitions with other resources are refused.
    public var isResourceSupported: @Sendable (String) -> Bool

    /// Checks with these settings; by default of a standard machine with any resource.
    public init(
        isExpress: Bool = false, checksTransitions: Bool = true,
        isResourceSupported: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.isExpress = isExpress
        self.checksTransitions = checksTransitions
        self.isResourceSupported = isResourceSupported
    }

    /// Maximum size of a definition in bytes.
    public static let maxBytes = 1 << 20
    /// Maximum nesting of branches and item processors.
    public static let maxNesting = 100
    /// Maximum number of problems that are reported.
    public static let maxDiagnostics = 1000

    /// The problems of a definition, errors and warnings.
    public func check(_ definition: String) -> [DefinitionDiagnostic] {
        guard !definition.utf8.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            return [problem(.missingDescription, "Received a null or empty workflow input.")]
        }
        guard definition.utf8.count <= DefinitionChecks.maxBytes else {
            return [
                problem(.schema, "The definition must not exceed \(DefinitionChecks.maxBytes) bytes", "/")
            ]
        }
        let text = JSONText(validated: Array(definition.utf8))
        guard !text.isNested(deeperThan: StateValue.maxDepth) else {
            return [problem(.tooDeeplyNested, "The states are too deeply nested.")]
        }
        do {
            // Equal keys are errors here: a state with the name of another would be lost.
            return check(
                StateValue(try JSONDocument(parsing: text.bytes, maxDepth: StateValue.maxDepth).root))
        } catch {
            return [problem(.invalidJSON, error.message)]
        }
    }

    /// The problems of a definition, errors and warnings.
    public func check(_ definition: StateValue) -> [DefinitionDiagnostic] {
        guard let machine = definition.object else {
            return [problem(.schema, "Expected value of type Object", "/")]
        }
        let checker = MachineChecker(self)
        checker.checkMachine(machine)
        return checker.diagnostics
    }

    /// The problems of the definition of a single state, as `TestState` takes it. Its place is `/States/StateName`.
    ///
    /// Targets of its transitions are not checked.
    public func check(state: StateValue) -> [DefinitionDiagnostic] {
        var checks = self
        checks.checksTransitions = false
        return checks.check(
            .members([
                ("StartAt", .string("StateName")), ("States", .members([("StateName", state)])),
            ]))
    }

    private func problem(
        _ code: DefinitionDiagnostic.Code, _ message: String, _ location: String? = nil
    ) -> DefinitionDiagnostic {
        DefinitionDiagnostic(code: code, message: message, location: location)
    }
}
