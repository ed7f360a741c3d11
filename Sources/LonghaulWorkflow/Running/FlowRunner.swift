import LonghaulConcurrency
package import LonghaulCore
package import LonghaulJSON
import LonghaulWorker

/// How an attempt of a durable job ended.
package enum FlowOutcome: Sendable, Hashable {
    /// The code has returned. The job is to be completed.
    case completed(JSONText)
    /// The compensations of a cancelled job are done. The job is to be completed, which makes it cancelled.
    case cancelled
    /// The lease has ended: the job is suspended, or paused, or has begun again with another payload.
    case suspended
}

/// Runs attempts of a durable job: replays its code, sends the updates of its journal and runs its steps.
package struct FlowRunner<Process: DurableJob>: Sendable {
    let process: Process
    let gateway: any WorkerGateway
    let environment: FlowEnvironment

    /// A runner of this process.
    package init(
        _ process: Process, gateway: any WorkerGateway, environment: FlowEnvironment = FlowEnvironment()
    ) {
        self.process = process
        self.gateway = gateway
        self.environment = environment
    }

    /// Runs one attempt.
    ///
    /// - Throws: ``JobFailure`` if the job has failed, `CancellationError` if the task is cancelled, and
    ///   ``LonghaulCore/LonghaulError`` if the lease is lost.
    package func run(_ lease: Lease) async throws -> FlowOutcome {
        let gateway = RepeatingGateway(gateway, time: environment.time, random: environment.random)
        let journal = try await gateway.wholeJournal(of: lease)
        let run = FlowRun(job: lease.job, journal: journal, environment: environment)
        let code = Task(executorPreference: run.executor) { await run.perform(process) }
        var attempt = FlowAttempt(run: run, token: lease.token, gateway: gateway)
        let result: Result<FlowOutcome, any Error>
        do {
            result = .success(try await attempt.outcome(of: code))
        } catch let error as LonghaulError where error.code == .nondeterministic {
            result = .success(.suspended)
        } catch let error as LonghaulError where error.isRejection {
            // The code asks for something that the server refuses, and cannot be undone.
            result = .failure(JobFailure(wrapping: error))
        } catch {
            result = .failure(error)
        }
        run.abandon()
        code.cancel()
        await attempt.endSteps()
        return try result.get()
    }
}

extension LonghaulError {
    /// Whether the server will refuse the same call each time.
    var isRejection: Bool {
        switch code {
        case .invalidRequest, .payloadTooLarge, .conflict, .forbidden, .notFound, .idempotencyKeyReused: true
        default: false
        }
    }
}
