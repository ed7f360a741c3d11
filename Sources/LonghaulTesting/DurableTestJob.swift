public import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulWorker
public import LonghaulWorkflow

/// A job of a ``DurableTest``.
public struct DurableTestJob<Process: DurableJob>: Sendable {
    /// The ID of the job.
    public let id: JobID
    let test: DurableTest

    /// The job as the server has it.
    public var job: Job {
        get async throws { try await test.engine.job(id) }
    }

    /// The journal.
    public var journal: [JournalOperation] {
        get async throws { try await test.journal(of: id) }
    }

    /// Runs jobs until this one ends, and returns its result.
    ///
    /// - Throws: ``JobFailure`` if it fails, `CancellationError` if it is cancelled,
    ///   ``DurableTestBlocked`` if it waits for something that does not come.
    public func result() async throws -> Process.Output {
        try await test.run { try await job.state.isFinal }
        let ended = try await job
        switch ended.state {
        case .completed: return try (ended.result ?? .null).decode(Process.Output.self)
        case .failed: throw JobFailure(ended.error ?? JobError(type: "failed", message: "the job failed"))
        case .cancelled: throw CancellationError()
        case .scheduled, .blocked, .pending, .processing, .retrying, .suspended:
            throw DurableTestBlocked(ended)
        }
    }

    /// Runs jobs until this one waits for a signal of this name. Skips other waits.
    ///
    /// - Throws: ``DurableTestBlocked`` if it never does.
    public func run(untilSignal name: String) async throws {
        let isWaiting = {
            try await journal.contains { $0.type == .signal && $0.name == name && $0.status == .waiting }
        }
        try await test.run(until: isWaiting)
        guard try await isWaiting() else { throw DurableTestBlocked(try await job) }
        try await test.runReady()
    }

    /// Sends a signal to the job.
    public func signal(_ name: String, _ value: some Encodable) async throws {
        try await test.engine.signal(id, name: name, value: try JSONText(encoding: value))
    }

    /// The token of the signal of this name for which the job waits; nil if there is none.
    public func signalToken(_ name: String) async throws -> SignalToken? {
        let waiting = try await journal.first {
            $0.type == .signal && $0.name == name && $0.status == .waiting
        }
        return waiting.map { SignalToken(jobID: id, number: $0.number, secret: $0.secret) }
    }

    /// Cancels the job. Its compensations run when the test runs.
    public func cancel() async throws { _ = try await test.engine.cancel(id) }

    /// Resumes the job after a pause, such as one for a difference between its code and its journal.
    public func resume() async throws { _ = try await test.engine.resume(id) }

    /// Restarts the job from an operation of its journal.
    public func restart(from operation: String) async throws {
        _ = try await test.engine.restart(id, from: operation)
    }

    /// Submits a copy of the job that continues from an operation of its journal.
    public func fork(from operation: String) async throws -> DurableTestJob {
        DurableTestJob(id: try await test.engine.fork(id, from: operation).id, test: test)
    }
}

/// A job waits for something that does not come.
public struct DurableTestBlocked: Error, Sendable, CustomStringConvertible {
    /// The job.
    public let job: Job

    init(_ job: Job) {
        self.job = job
    }

    /// What it waits for.
    public var description: String {
        if job.isPaused { return "the job is paused: \(job.error?.message ?? "by a caller")" }
        let waits = job.waitsFor.map { "\($0.type.rawValue) \"\($0.name)\"" }.joined(separator: ", ")
        return "the job of kind \(job.spec.kind) is \(job.state.rawValue)"
            + (waits.isEmpty ? "; add a durable job or a handler of its kind" : " and waits for \(waits)")
    }
}
