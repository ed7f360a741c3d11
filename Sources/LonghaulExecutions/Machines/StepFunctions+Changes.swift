internal import LonghaulCore

/// What an operation writes, and what it returns.
struct MachineChange<Output: Sendable>: Sendable {
    /// The writes beside the record of the machine; nil to write nothing.
    let writes: [RecordWrite]?
    /// What the operation returns.
    let output: Output
}

extension StepFunctions {
    /// Changes a machine, its versions and its aliases in one commit.
    ///
    /// Each change writes the record of the machine, so concurrent changes are found. The body runs again then.
    ///
    /// - Throws: `StateMachineDoesNotExist`; `ConflictException` if other changes come first too often.
    func change<Output: Sendable>(
        _ name: ResourceName, arn: String,
        _ body: (inout MachineRecord) async throws(ServiceError) -> MachineChange<Output>
    ) async throws(ServiceError) -> Output {
        for _ in 0..<StepFunctions.maxConflicts {
            var machine = try await machine(name, arn: arn)
            let change = try await body(&machine)
            guard let writes = change.writes else { return change.output }
            if try await write(machine.writes + writes) { return change.output }
        }
        throw .concurrent(arn)
    }

    /// How often an operation is tried if other changes come first.
    static let maxConflicts = 20
}
