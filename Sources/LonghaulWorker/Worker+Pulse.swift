import LonghaulCore
import Synchronization

extension Worker {
    /// How often running jobs are looked after.
    private static let beat = Duration.milliseconds(100)

    /// Looks after the running jobs: their time, their leases, their logs. With or without jobs it says, as often
    /// as was promised, that the worker lives.
    func pulse() async {
        var heart = Heart(startedAt: clock.now, promise: configuration.info.heartbeatSeconds)
        while !Task.isCancelled {
            let signal = freed.register()
            let jobs = running.withLock { Array($0.values) }
            let now = clock.now
            for job in jobs { watch(job, at: now) }
            if heart.owesRenewal(of: jobs, at: now), !isRenewing.exchange(true, ordering: .acquiring) {
                heart.renewed(at: now)
                Task {
                    await renew(jobs, at: now)
                    isRenewing.store(false, ordering: .releasing)
                }
            } else if heart.owesSign(at: now), !isSigning.exchange(true, ordering: .acquiring) {
                heart.signed(at: now)
                Task {
                    await sign()
                    isSigning.store(false, ordering: .releasing)
                }
            }
            for buffer in logs.withLock({ Array($0.values) }) where !buffer.isEmpty {
                Task { await buffer.flush() }
            }
            if jobs.isEmpty {
                await withTaskCancellationHandler {
                    await signal.wait(until: heart.nextSign.map { max($0, now + Self.beat) })
                } onCancel: {
                    signal.wake()
                }
            } else {
                try? await clock.sleep(for: Self.beat)
            }
        }
    }

    private func watch(_ job: RunningJob, at now: ContinuousClock.Instant) {
        judgeLease(of: job, at: now)
        if job.isTimedOut(at: now) { job.end(.timeout, at: now) }
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

    /// Pauses a program whose lease may have ended, until the server confirms the lease or reports that it is lost.
    /// The outage then costs no attempt, and the program does not run beside its successor.
    private func judgeLease(of job: RunningJob, at now: ContinuousClock.Instant) {
        let silence = job.secondsSinceRenewal(at: now)
        if silence > configuration.leaseSeconds + configuration.outageSeconds { job.end(.gone, at: now) }
        let isPaused = silence > configuration.leaseSeconds && job.end == nil
        // A program that must end is resumed without a message: the worker reports its end.
        guard job.pause(isPaused, at: now), job.end == nil else { return }
        let words =
            isPaused
            ? "the server has not confirmed the lease for \(Int(silence)) s; the program is paused until it does"
            : "the server has confirmed the lease; the program is resumed"
        configuration.note(Note(words, level: isPaused ? .warning : .info, about: job.lease.job))
    }

    /// Says that the worker lives. A server that cannot be reached is told of by the calls for work.
    private func sign() async {
        _ = try? await gateway.heartbeat(Heartbeat(workerID: configuration.info.id))
    }

    private func renew(_ jobs: [RunningJob], at now: ContinuousClock.Instant) async {
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

/// When heartbeats are due: those that renew leases, and those that only say that the worker lives.
private struct Heart {
    private static let newsPause = Duration.milliseconds(500)

    /// How often the worker promised a sign of life.
    let promise: Duration?
    /// When leases were last renewed.
    private var renewedAt: ContinuousClock.Instant?
    /// When the last heartbeat of either sort was sent.
    private var signedAt: ContinuousClock.Instant

    init(startedAt: ContinuousClock.Instant, promise: Double?) {
        self.promise = promise.map { .seconds($0) }
        signedAt = startedAt
    }

    /// When the next sign of life is due; nil if none was promised.
    var nextSign: ContinuousClock.Instant? { promise.map { signedAt + $0 } }

    func owesSign(at now: ContinuousClock.Instant) -> Bool {
        nextSign.map { now >= $0 } ?? false
    }

    /// Leases are renewed one interval after the last time, or sooner if there is progress to tell.
    func owesRenewal(of jobs: [RunningJob], at now: ContinuousClock.Instant) -> Bool {
        guard let oldest = jobs.map(\.startedAt).min() else { return false }
        let interval = jobs.map(\.lease.heartbeatSeconds).min() ?? 10
        let last = renewedAt.map { max($0, oldest) } ?? oldest
        if now - last >= .seconds(interval) { return true }
        let sincePrevious = renewedAt.map { now - $0 } ?? Self.newsPause
        return sincePrevious >= Self.newsPause && jobs.contains(where: \.hasNews)
    }

    mutating func signed(at now: ContinuousClock.Instant) {
        signedAt = now
    }

    mutating func renewed(at now: ContinuousClock.Instant) {
        renewedAt = now
        signedAt = now
    }
}
