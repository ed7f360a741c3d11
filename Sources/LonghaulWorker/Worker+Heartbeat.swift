import LonghaulConcurrency
import LonghaulCore
import Synchronization

extension Worker {
    /// The interval at which the worker checks its running jobs.
    private static let tick = Duration.milliseconds(100)

    /// Checks the timeouts, leases and logs of the running jobs, and sends heartbeats. A worker without jobs sends
    /// heartbeats as well, at the interval that it announced.
    func monitorJobs() async {
        var timer = HeartbeatTimer(startedAt: clock.now, interval: configuration.info.heartbeatSeconds)
        while !Task.isCancelled {
            let signal = freed.register()
            let jobs = running.withLock { Array($0.values) }
            let now = clock.now
            for job in jobs { check(job, at: now) }
            if timer.isRenewalDue(of: jobs, at: now), !isRenewing.exchange(true, ordering: .acquiring) {
                timer.renewed(at: now)
                Task {
                    await renew(jobs, at: now)
                    isRenewing.store(false, ordering: .releasing)
                }
            } else if timer.isHeartbeatDue(at: now), !isSendingHeartbeat.exchange(true, ordering: .acquiring)
            {
                timer.sent(at: now)
                Task {
                    await sendHeartbeat()
                    isSendingHeartbeat.store(false, ordering: .releasing)
                }
            }
            for buffer in logs.withLock({ Array($0.values) }) where !buffer.isEmpty {
                Task { await buffer.flush() }
            }
            if jobs.isEmpty {
                if let heartbeat = timer.nextHeartbeat {
                    await signal.wait(else: ()) { [clock] in
                        try await clock.sleep(until: max(heartbeat, now + Self.tick))
                    }
                } else {
                    try? await signal.waitUnlessCancelled()
                }
            } else {
                try? await clock.sleep(for: Self.tick)
            }
        }
    }

    private func check(_ job: RunningJob, at now: ContinuousClock.Instant) {
        checkLease(of: job, at: now)
        if job.isTimedOut(at: now) { job.end(.timeout, at: now) }
        guard job.isOverdue(at: now), job.claimReport() else { return }
        // The work continues after its cancellation. It occupies its slot until it ends, but the attempt is reported
        // now, so that another worker can run the job.
        configuration.note(
            Note(
                "the handler did not end after its cancellation; it occupies its slot until it ends",
                level: .error,
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
    /// An outage then costs no attempt, and two programs of the job do not run at once.
    private func checkLease(of job: RunningJob, at now: ContinuousClock.Instant) {
        let silence = job.secondsSinceRenewal(at: now)
        if silence > configuration.leaseSeconds + configuration.outageSeconds { job.end(.gone, at: now) }
        let isPaused = silence > configuration.leaseSeconds && job.end == nil
        // A program that must end is resumed without a log line, because the worker reports its end.
        guard job.pause(isPaused, at: now), job.end == nil else { return }
        let words =
            isPaused
            ? "the server has not confirmed the lease for \(Int(silence)) s; the program is paused until it does"
            : "the server has confirmed the lease; the program is resumed"
        configuration.note(Note(words, level: isPaused ? .warning : .info, about: job.lease.job))
    }

    /// Sends a heartbeat without leases. An error is not logged: the lease calls of an unreachable server log it.
    private func sendHeartbeat() async {
        _ = try? await gateway.heartbeat(Heartbeat(workerID: configuration.info.id))
    }

    private func renew(_ jobs: [RunningJob], at now: ContinuousClock.Instant) async {
        let live = jobs.filter { $0.end != .gone }
        let progress = live.map { $0.takeUnsentProgress() }
        let beats = zip(live, progress).map { Heartbeat.Beat(token: $0.lease.token, progress: $1) }
        do {
            let outcome = try await gateway.heartbeat(
                Heartbeat(workerID: configuration.info.id, beats: beats))
            let byToken = Dictionary(
                live.map { ($0.lease.token, $0) }, uniquingKeysWith: { first, _ in first })
            // The time before the call is a lower bound of the time at which the server renewed the leases.
            for renewal in outcome.renewed { byToken[renewal.token]?.renewed(at: now) }
            for token in outcome.cancelled + outcome.lost { byToken[token]?.end(.gone, at: clock.now) }
        } catch {
            for (job, progress) in zip(live, progress) { job.restoreUnsentProgress(progress) }
            configuration.note(Note("cannot send heartbeats: \(Self.text(of: error))", level: .warning))
        }
    }
}

/// Computes when heartbeats are due: those that renew leases, and those without leases.
private struct HeartbeatTimer {
    private static let minProgressInterval = Duration.milliseconds(500)

    /// The heartbeat interval that the worker announced; nil for heartbeats only while jobs are running.
    let interval: Duration?
    /// The time of the last renewal of leases.
    private var renewedAt: ContinuousClock.Instant?
    /// The time of the last heartbeat of either type.
    private var sentAt: ContinuousClock.Instant

    init(startedAt: ContinuousClock.Instant, interval: Double?) {
        self.interval = interval.map { .seconds($0) }
        sentAt = startedAt
    }

    /// When the next heartbeat without leases is due; nil if the worker announced no interval.
    var nextHeartbeat: ContinuousClock.Instant? { interval.map { sentAt + $0 } }

    func isHeartbeatDue(at now: ContinuousClock.Instant) -> Bool {
        nextHeartbeat.map { now >= $0 } ?? false
    }

    /// Leases are renewed one interval after the last renewal, or earlier if there is unsent progress.
    func isRenewalDue(of jobs: [RunningJob], at now: ContinuousClock.Instant) -> Bool {
        guard let oldest = jobs.map(\.startedAt).min() else { return false }
        let interval = jobs.map(\.lease.heartbeatSeconds).min() ?? 10
        let last = renewedAt.map { max($0, oldest) } ?? oldest
        if now - last >= .seconds(interval) { return true }
        let sincePrevious = renewedAt.map { now - $0 } ?? Self.minProgressInterval
        return sincePrevious >= Self.minProgressInterval && jobs.contains(where: \.hasUnsentProgress)
    }

    mutating func sent(at now: ContinuousClock.Instant) {
        sentAt = now
    }

    mutating func renewed(at now: ContinuousClock.Instant) {
        renewedAt = now
        sentAt = now
    }
}
