import LonghaulCore
import Synchronization

extension Worker {
    /// Runs one attempt to its report.
    func perform(_ job: RunningJob) async {
        let logLines = LogBuffer(token: job.lease.token, gateway: gateway)
        logs.withLock { $0[job.lease.token] = logLines }
        let context = JobContext(running: job, gateway: gateway, logLines: logLines, time: time)
        let result: Result<Handler.Output, any Error>
        do {
            result = .success(try await job.handler.body(context))
        } catch {
            result = .failure(error)
        }
        await report(job, result, logLines)
        logs.withLock { _ = $0.removeValue(forKey: job.lease.token) }
        forget(job)
    }

    /// The slot is free only now, when the work has really ended.
    private func forget(_ job: RunningJob) {
        running.withLock { _ = $0.removeValue(forKey: job.lease.token) }
        slots.withLock { $0.free(queue: job.lease.job.spec.queue, kind: job.handler.kind) }
        freed.wakeAll()
    }

    private func report(
        _ job: RunningJob, _ result: Result<Handler.Output, any Error>, _ logLines: LogBuffer
    ) async {
        guard job.end != .gone, job.claimReport() else { return }
        // A task of its own: the work may be cancelled, the sending of its last lines must not be.
        if !logLines.isDrained { await Task { await logLines.drain() }.value }
        switch (result, job.end) {
        // What was done is done, also if the end was asked for at that moment.
        case (.success(let output), _): await complete(job, output)
        case (.failure, .timeout): await fail(job, Self.timeout(job))
        case (.failure, .shutdown): await release(job)
        case (.failure(let error), _): await fail(job, JobFailure(wrapping: error))
        }
    }

    private func complete(_ job: RunningJob, _ output: Handler.Output) async {
        let completion = Completion(token: job.lease.token, result: output.result, next: output.next)
        let answer = await reporter.complete(completion, isLost: isLost(job))
        guard case .failure(let error) = answer else { return }
        if error.code == .leaseLost || error.isTransient { return note(job, "was not completed", error) }
        // The result itself was refused: another attempt would give the same.
        await fail(
            job, JobFailure(type: "invalid_result", message: error.detail, retryable: false))
    }

    func fail(_ job: RunningJob, _ failure: JobFailure) async {
        let error = failure.error
        configuration.note(
            Note(
                "the attempt of \(job.lease.job.spec.kind) failed: \(error.type): \(error.message)",
                level: .warning, about: job.lease.job))
        let report = Failure(
            token: job.lease.token, error: error, retryInSeconds: failure.retryInSeconds)
        let answer = await reporter.insist(isLost: isLost(job)) { [gateway] in try await gateway.fail(report)
        }
        if case .failure(let error) = answer { note(job, "could not be reported as failed", error) }
    }

    func release(_ job: RunningJob) async {
        let token = job.lease.token
        let answer = await reporter.insist(isLost: isLost(job)) { [gateway] in
            try await gateway.release(token)
        }
        if case .failure(let error) = answer { note(job, "could not be given back", error) }
    }

    private func isLost(_ job: RunningJob) -> @Sendable () -> Bool {
        { [clock, configuration] in
            job.end == .gone || job.isLost(at: clock.now, leaseSeconds: configuration.leaseSeconds)
        }
    }

    private func note(_ job: RunningJob, _ what: String, _ error: LonghaulError) {
        configuration.note(
            Note("the job \(what): \(error.detail)", level: .warning, about: job.lease.job))
    }

    static func timeout(_ job: RunningJob) -> JobFailure {
        let seconds = (job.deadline - job.startedAt).components.seconds
        return JobFailure(type: "timeout", message: "the attempt took longer than its \(seconds) s")
    }
}
