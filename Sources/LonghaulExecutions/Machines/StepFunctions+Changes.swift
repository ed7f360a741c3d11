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
    /// - Parameter missing: the error if there is no such machine; nil for `StateMachineDoesNotExist`.
    /// - Throws: `missing`; `ConflictException` if the operation conflicts with other changes too often.
    func change<Output: Sendable>(
        _ name: ResourceName, arn: String, missing: ServiceError? = nil,
        _ body: (inout MachineRecord) async throws(ServiceError) -> MachineChange<Output>
    ) async throws(ServiceError) -> Output {
        for _ in 0..<StepFunctions.maxConflicts {
            guard let record = try await read(MachineRecord.key(name.machine ?? "")) else {
                throw missing ?? .noMachine(arn)
            }
            var machine = try MachineRecord(record)
            let change = try await body(&machine)
            guard let writes = change.writes else { return change.output }
            if try await write(machine.writes + writes) { return change.output }
        }
        throw .concurrent(arn)
    }

    /// Maximum number of attempts of an operation that conflicts with other changes.
    static let maxConflicts = 20
}
