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

    private func fail(_ job: RunningJob, _ failure: JobFailure) async {
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

    private func release(_ job: RunningJob) async {
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

    // MARK: The pulse

    /// How often running jobs are looked after.
    private static let beat = Duration.milliseconds(100)

    /// Looks after the running jobs: their time, their leases, their logs. Rests while there are none.
    func pulse() async {
        var heart = Heart()
        while !Task.isCancelled {
            let signal = freed.register()
            let jobs = running.withLock { Array($0.values) }
            if jobs.isEmpty {
                await withTaskCancellationHandler {
                    await signal.wait()
                } onCancel: {
                    signal.wake()
                }
                continue
            }
            let now = clock.now
            for job in jobs { watch(job, at: now) }
            if !isBeating.load(ordering: .acquiring), heart.isDue(jobs, at: now) {
                heart.beganAt = now
                isBeating.store(true, ordering: .releasing)
                Task {
                    await sendHeartbeat(jobs, at: now)
                    isBeating.store(false, ordering: .releasing)
                }
            }
            for buffer in logs.withLock({ Array($0.values) }) where !buffer.isEmpty {
                Task { await buffer.flush() }
            }
            try? await clock.sleep(for: Self.beat)
        }
    }

    private func watch(_ job: RunningJob, at now: ContinuousClock.Instant) {
        if now >= job.deadline { job.end(.timeout, at: now) }
        if job.isLost(at: now, leaseSeconds: configuration.leaseSeconds) { job.end(.gone, at: now) }
        guard job.isOverdue(at: now), job.claimReport() else { return }
        // The work does not end although it was told to. Its slot stays taken for as long as it lasts, but the
        // job goes on elsewhere.
        configuration.note(
            Note(
                "the handler does not end; its slot stays taken until it does", level: .error,
                about: job.lease.job))
        Task {
            switch job.end {
            case .timeout: await fail(job, Self.timeout(job))
            case .shutdown: await release(job)
            case .gone, nil: break
            }
            running.withLock { _ = $0.removeValue(forKey: job.lease.token) }
            freed.wakeAll()
        }
    }

    private func sendHeartbeat(_ jobs: [RunningJob], at now: ContinuousClock.Instant) async {
        let live = jobs.filter { $0.end != .gone }
        let news = live.map { $0.takeNews() }
        let beats = zip(live, news).map { Heartbeat.Beat(token: $0.lease.token, progress: $1) }
        do {
            let outcome = try await gateway.heartbeat(
                Heartbeat(workerID: configuration.info.id, beats: beats))
            let byToken = Dictionary(
                live.map { ($0.lease.token, $0) }, uniquingKeysWith: { first, _ in first })
            // Counted from before the call: the server renewed them no earlier than that.
            for renewal in outcome.renewed { byToken[renewal.token]?.renewed(at: now) }
            for token in outcome.cancelled + outcome.lost { byToken[token]?.end(.gone, at: clock.now) }
        } catch {
            for (job, progress) in zip(live, news) { job.returnNews(progress) }
            configuration.note(Note("cannot send heartbeats: \(Self.text(of: error))", level: .warning))
        }
    }
}

/// When heartbeats are due.
private struct Heart {
    private static let newsPause = Duration.milliseconds(500)
    /// When the last heartbeat was sent.
    var beganAt: ContinuousClock.Instant?

    /// Due one interval after the last, or sooner if there is progress to tell.
    func isDue(_ jobs: [RunningJob], at now: ContinuousClock.Instant) -> Bool {
        let interval = jobs.map(\.lease.heartbeatSeconds).min() ?? 10
        let oldest = jobs.map(\.startedAt).min() ?? now
        let last = beganAt.map { max($0, oldest) } ?? oldest
        if now - last >= .seconds(interval) { return true }
        let sincePrevious = beganAt.map { now - $0 } ?? Self.newsPause
        return sincePrevious >= Self.newsPause && jobs.contains(where: \.hasNews)
    }
}
