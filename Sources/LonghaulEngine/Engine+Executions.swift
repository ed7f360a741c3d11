public import LonghaulCore
import LonghaulJSON

/// State machines and their executions: the calls of the store, with the checks of the engine. The changes of jobs wake the
/// runners, as all changes do.
extension Engine: ExecutionStore {
    /// The record of this key; nil if there is none.
    public func record(_ key: RecordKey) async throws -> KeyedRecord? { try await store.record(key) }

    /// Records in the order of their names.
    public func records(_ range: RecordRange) async throws -> [KeyedRecord] {
        try await store.records(range)
    }

    /// Writes records, and starts an execution, in one commit; see ``ExecutionStore/write(_:starting:)``.
    public func write(
        _ writes: [RecordWrite], starting execution: Submission?
    ) async throws -> RecordOutcome {
        if let execution {
            try diskFloor.check()
            try checkPayload(of: execution)
        }
        do {
            return try await store.write(writes, starting: execution)
        } catch let error as LonghaulError {
            throw withRetryAfter(error)
        }
    }

    /// The snapshot and the reports of the execution that a token holds.
    public func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState {
        try await store.execution(token, withParts: withParts)
    }

    /// Stores a step of the execution that a token holds; see ``ExecutionStore/advance(_:_:)``.
    public func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome {
        for child in advance.children { try checkPayload(of: child) }
        let outcome = try await store.advance(token, advance)
        if !advance.logLines.isEmpty { logWaiters.wake([token.jobID]) }
        return outcome
    }

    /// Sends a report to an execution.
    public func report(_ report: ExecutionReport, to id: JobID) async throws {
        try await store.report(report, to: id)
    }

    /// Sends a caller's report on a task.
    public func report(_ call: TaskCall) async throws { try await store.report(call) }

    /// What the payload of an execution has beside its input, at most, in bytes.
    static let executionBytes = 16_384

    private func checkPayload(of submission: Submission) throws(LonghaulError) {
        let isExecution = submission.spec.kind == JobSpec.executionKind
        let limit = configuration.maxPayloadBytes + (isExecution ? Self.executionBytes : 0)
        let bytes = submission.spec.payload.bytes.count
        guard bytes > limit else { return }
        throw LonghaulError(
            .payloadTooLarge,
            "the payload of the job \(submission.id) has \(bytes) bytes, and the maximum is \(limit)")
    }
}
