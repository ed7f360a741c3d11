internal import LonghaulConcurrency
internal import LonghaulCore
internal import LonghaulStates

extension StepFunctions {
    /// Checks of definitions for machines of a type.
    func checks(_ type: MachineType) -> DefinitionChecks {
        DefinitionChecks(
            isExpress: type == .express, isResourceSupported: settings.isResourceSupported)
    }

    /// A revision of a machine, whose definition is checked.
    ///
    /// - Throws: `InvalidDefinition`.
    func checkedRevision(
        _ key: RevisionKey, definition: String, roleARN: String, type: MachineType,
        configuration: MachineConfiguration
    ) async throws(ServiceError) -> MachineRevision {
        let checks = checks(type)
        let now = time.now()
        return try await StepFunctions.apart(bytes: definition.utf8.count) {
            try StepFunctions.validate(definition, checks)
            return try MachineRevision(
                key: key, definition: definition, roleARN: roleARN, configuration: configuration,
                createdAt: now)
        }
    }

    private static func validate(_ definition: String, _ checks: DefinitionChecks) throws(ServiceError) {
        let problems = checks.check(definition)
        guard problems.contains(where: { $0.severity == .error }) else { return }
        throw .invalidDefinition(
            DefinitionDiagnostic.invalidDefinition(problems, definition: definition))
    }

    /// Runs work on a text. The work on a long text, and the evaluation of expressions, block a thread for up to a
    /// second, which must not be one of those that all tasks share.
    static func apart<Value: Sendable>(
        bytes: Int = .max, in pool: BlockingPool = .definitions,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(ServiceError) -> Value {
        do {
            guard bytes > maxSharedBytes else { return try body() }
            return try await pool.run(body)
        } catch let error as DefinitionError {
            throw .invalidDefinition("Invalid State Machine Definition: '\(error.description)'")
        } catch {
            throw ServiceError(error)
        }
    }

    private static let maxSharedBytes = 32 << 10
}

extension ServiceError {
    static func invalidDefinition(_ message: String) -> ServiceError {
        ServiceError("InvalidDefinition", message)
    }
}
