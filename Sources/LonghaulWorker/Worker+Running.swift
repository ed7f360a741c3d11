import LonghaulCore
import Synchronization

extension Worker {
    /// Runs one attempt and reports its end.
    func perform(_ job: RunningJob) async {
        let logLines = LogBuffer(token: job.lease.token, gateway: gateway, alarm: alarm)
        logs.withLock { $0[job.lease.token] = logLines }
        let context = JobContext(running: job, gateway: gateway, logLines: logLines, time: time)
        let result: Result<Handler.Output, any Error>
        do {
            result = .success(try await job.handler.body(context))
        } catch {
            result = .failure(error)
        }
        // A timeout or a stop during the report does not change how the work ended.
        let isOver = await report(job, result, cancelledFor: job.end, logLines)
        logs.withLock { _ = $0.removeValue(forKey: job.lease.token) }
        if isOver { running.withLock { _ = $0.removeValue(forKey: job.lease.token) } }
        freeSlot(of: job)
    }

    /// Frees the slot, after the work has ended.
    private func freeSlot(of job: RunningJob) {
        slots.withLock { $0.free(queue: job.lease.job.spec.queue, kind: job.handler.kind) }
        freed.wakeAll()
    }

    /// Reports how the work ended.
    ///
    /// - Returns: whether the attempt is over; false if the monitor reports it, because it was overdue.
    private func report(
        _ job: RunningJob, _ result: Result<Handler.Output, any Error>, cancelledFor reason: RunningJob.End?,
        _ logLines: LogBuffer
    ) async -> Bool {
        guard job.end != .gone else { return true }
        guard job.claimReport() else { return false }
        // A separate task: the cancellation of the work must not cancel the sending of its last lines.
        if !logLines.isDrained { await Task { await logLines.drain() }.value }
        if let problem = logLines.unsentProblem {
            configuration.log(Note(problem, level: .warning, about: job.lease.job))
        }
        switch (result, reason) {
        case (.failure(is AttemptSuspended), _): break
        // A handler that has returned is completed, also if its cancellation was requested at that moment.
        case (.success(let output), _): await complete(job, output)
        case (.failure, .timeout): await fail(job, Self.timeout(job))
        case (.failure, .shutdown): await release(job)
        case (.failure(let error), _): await fail(job, JobFailure(wrapping: error))
        }
        return true
    }

    private func complete(_ job: RunningJob, _ output: Handler.Output) async {
        let completion = Completion(
            token: job.lease.token, result: output.result, next: output.next, progress: job.progress)
        let answer = await reporter.complete(completion, isLost: isLost(job))
        guard case .failure(let error) = answer else { return }
        if error.code == .leaseLost || error.isTransient { return note(job, "was not completed", error) }
        // The server refused the result. Another attempt would produce the same.
        await fail(
            job, JobFailure(type: "invalid_result", message: error.detail, retryable: false))
    }

    func fail(_ job: RunningJob, _ failure: JobFailure) async {
        let failure = failure.reportable
        let error = failure.error
        configuration.log(
            Note(
                "the attempt of \(job.lease.job.spec.kind) failed: \(error.type): \(error.message)",
                level: .warning, about: job.lease.job))
        var answer = await send(failure, of: job.lease, isLost: isLost(job))
        if case .failure(let problem) = answer, problem.code != .leaseLost, !problem.isTransient {
            note(job, "could not be reported with its full error", problem)
            answer = await send(failure.plain(after: problem), of: job.lease, isLost: isLost(job))
        }
        if case .failure(let error) = answer { note(job, "could not be reported as failed", error) }
    }

    private func send(
        _ failure: JobFailure, of lease: Lease, isLost: @escaping @Sendable () -> Bool
    ) async -> Result<Job, LonghaulError> {
        let report = Failure(
            token: lease.token, error: failure.error, retryInSeconds: failure.retryInSeconds)
        return await reporter.retry(isLost: isLost) { [gateway] in try await gateway.fail(report) }
    }

    /// Ends a lease whose job this worker cannot read. Releases the job after a transient error, and fails it without a
    /// retry after any other.
    func refuse(_ lease: Lease, _ reason: LonghaulError) async {
        let message = "the worker cannot read the job: \(reason.detail)"
        configuration.log(Note(message, level: .error, about: lease.job))
        guard lease.token != .unknown else { return }
        let end = clock.now + .seconds(configuration.leaseSeconds)
        let isLost: @Sendable () -> Bool = { [clock] in clock.now > end }
        let failure = JobFailure(type: "unreadable_job", message: message, retryable: false).reportable
        let answer =
            reason.isTransient
            ? await reporter.retry(isLost: isLost) { [gateway] in try await gateway.release(lease.token) }
            : await send(failure, of: lease, isLost: isLost)
        if case .failure(let error) = answer {
            configuration.log(
                Note(
                    "the job could not be released: \(error.detail)", level: .warning, about: lease.job))
        }
    }

    func release(_ job: RunningJob) async {
        let token = job.lease.token
        let answer = await reporter.retry(isLost: isLost(job)) { [gateway] in
            try await gateway.release(token)
        }
        if case .failure(let error) = answer { note(job, "could not be released", error) }
    }

    private func isLost(_ job: RunningJob) -> @Sendable () -> Bool {
        { [clock, configuration] in
            job.end == .gone
                || job.secondsSinceRenewal(at: clock.now)
                    > configuration.leaseSeconds + configuration.outageSeconds
        }
    }

    private func note(_ job: RunningJob, _ what: String, _ error: LonghaulError) {
        configuration.log(
            Note("the job \(what): \(error.detail)", level: .warning, about: job.lease.job))
    }

    static func timeout(_ job: RunningJob) -> JobFailure {
        let seconds = Int(exactly: job.timeoutSeconds).map { "\($0)" } ?? "\(job.timeoutSeconds)"
        return JobFailure(
            type: "timeout", message: "the attempt took longer than its timeout of \(seconds) s")
    }
}
