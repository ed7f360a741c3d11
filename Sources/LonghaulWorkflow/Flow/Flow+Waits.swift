public import Foundation
public import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// Waits for a time.
extension Flow {
    /// Waits without a worker.
    ///
    /// - Throws: `CancellationError` if the job or the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        var request = try await request(.timer, "sleep")
        request.options.seconds = max(0, duration.inSeconds)
        _ = try await run.perform(request)
    }

    /// Waits without a worker until a time. Returns at once if it has passed.
    ///
    /// - Throws: `CancellationError` if the job or the task is cancelled.
    public func sleep(until moment: Date) async throws {
        var request = try await request(.timer, "sleep")
        request.options.until = Timestamp(
            milliseconds: Int64((moment.timeIntervalSince1970 * 1000).rounded()))
        _ = try await run.perform(request)
    }
}

/// Waits for a signal.
extension Flow {
    /// Waits for a signal of this name. A signal that arrived before is consumed at once; each signal is consumed
    /// once, in order.
    ///
    /// - Throws: `DecodingError` if the value has another form; `CancellationError` if the job or the task is
    ///   cancelled.
    public func signal<Value: Codable & Sendable>(_ name: String, as type: Value.Type) async throws -> Value {
        try await openSignal(name, as: type, within: nil, needsToken: false).value()
    }

    /// Waits for a signal of this name, for at most a duration.
    ///
    /// - Returns: the value; nil if no signal arrived in time.
    public func signal<Value: Codable & Sendable>(
        _ name: String, as type: Value.Type, within timeout: Duration
    ) async throws -> Value? {
        try await openSignal(name, as: type, within: timeout, needsToken: false).valueInTime()
    }

    /// Begins to wait for a signal, and returns its token before the signal arrives: send it to the person who decides.
    ///
    /// ```swift
    /// let approval = try await flow.openSignal("approved", as: Bool.self, within: .days(3))
    /// try await flow.step("send link") { try await mail.send("\(server)/v1/signals/\(approval.token)") }
    /// let isApproved = try await approval.valueInTime() ?? false
    /// ```
    public func openSignal<Value: Codable & Sendable>(
        _ name: String, as type: Value.Type, within timeout: Duration? = nil
    ) async throws -> PendingSignal<Value> {
        try await openSignal(name, as: type, within: timeout, needsToken: true)
    }

    private func openSignal<Value: Codable & Sendable>(
        _ name: String, as type: Value.Type, within timeout: Duration?, needsToken: Bool
    ) async throws -> PendingSignal<Value> {
        var request = try await request(.signal, name)
        request.options.timeoutSeconds = timeout.map { max(0, $0.inSeconds) }
        if needsToken {
            _ = try await run.perform(request, until: .recorded)
        } else {
            try run.start(request)
        }
        return PendingSignal(run: run, id: request.id)
    }
}

/// A signal that the job waits for.
public struct PendingSignal<Value: Codable & Sendable>: Sendable {
    let run: FlowRun
    let id: String

    /// The token with which a person without an API key can send the signal, once. After the end of the wait, the
    /// token has no meaning.
    public var token: SignalToken {
        let operation = run.operation(id)
        return SignalToken(jobID: run.job.id, number: operation?.number ?? 0, secret: operation?.secret ?? 0)
    }

    /// Waits for the signal.
    ///
    /// - Throws: ``SignalTimeout`` if it did not arrive in time.
    public func value() async throws -> Value {
        guard let value = try await valueInTime() else { throw SignalTimeout() }
        return value
    }

    /// Waits for the signal.
    ///
    /// - Returns: the value; nil if it did not arrive in time.
    public func valueInTime() async throws -> Value? {
        do {
            return try await run.wait(for: id, .end).decode(Value.self)
        } catch is OperationFailure {
            return nil
        }
    }
}

/// A signal did not arrive in time.
public struct SignalTimeout: Error, Sendable, Hashable {}
