import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// Steps: work with effects.
extension Flow {
    /// Runs `work` and records its output. A replay returns the recorded output, and does not run the work again.
    ///
    /// If the worker dies before the output is recorded, the work runs again. So it must be safe to run twice: pass
    /// ``StepContext/key`` to systems that can recognise a repeated call. Long work needs no heartbeat of its own:
    /// the worker renews the lease.
    ///
    /// - Parameters:
    ///   - name: 1–200 characters, for people, and for the check that the code has not changed.
    ///   - retry: when a failed attempt is repeated. The job waits without a worker.
    ///   - timeout: the maximum duration of an attempt. Then its task is cancelled, and the attempt has failed.
    /// - Returns: the output, decoded from its JSON.
    /// - Throws: ``StepError`` when no attempt is left; `CancellationError` if the job or the task is cancelled.
    public func step<Value: Codable & Sendable>(
        _ name: String, retry: StepRetry = .standard, timeout: Duration? = nil,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await step(name, retry: retry, timeout: timeout) { _ in try await work() }
    }

    /// Runs `work`, which has no output, and records that it has succeeded.
    public func step(
        _ name: String, retry: StepRetry = .standard, timeout: Duration? = nil,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await step(name, retry: retry, timeout: timeout) { _ in try await work() }
    }

    /// Runs `work`, which receives its attempt, and records its output.
    public func step<Value: Codable & Sendable>(
        _ name: String, retry: StepRetry = .standard, timeout: Duration? = nil,
        _ work: @escaping @Sendable (StepContext) async throws -> Value
    ) async throws -> Value {
        let output = try await perform(name, retry, timeout) { try JSONText(encoding: try await work($0)) }
        return try output.decode(Value.self)
    }

    /// Runs `work`, which receives its attempt and has no output, and records that it has succeeded.
    public func step(
        _ name: String, retry: StepRetry = .standard, timeout: Duration? = nil,
        _ work: @escaping @Sendable (StepContext) async throws -> Void
    ) async throws {
        _ = try await perform(name, retry, timeout) {
            try await work($0)
            return .null
        }
    }

    private func perform(
        _ name: String, _ retry: StepRetry, _ timeout: Duration?,
        _ work: @escaping @Sendable (StepContext) async throws -> JSONText
    ) async throws -> JSONText {
        let request = try await request(.step, name)
        do {
            return try await run.perform(
                request, work: FlowRun.Work(retry: retry, timeout: timeout, body: work))
        } catch let failure as OperationFailure {
            throw StepError(name: name, error: failure.error)
        }
    }
}
