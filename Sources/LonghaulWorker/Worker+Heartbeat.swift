import LonghaulCore
import Synchronization

extension Worker {
    /// Checks the timeouts, leases and logs of the running jobs, and sends heartbeats. Sleeps until the next of them is
    /// due. A worker without jobs sends heartbeats as well, at the interval that it announced.
    func monitorJobs() async {
        heartbeats.withLock {
            $0 = HeartbeatTimer(startedAt: clock.now, interval: configuration.info.heartbeatIntervalSeconds)
        }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                alarm.forget()
                let now = clock.now
                let jobs = running.withLock { Array($0.values) }
                for job in jobs { check(job, at: now) }
                let attempts = HeartbeatTimer.Attempts(jobs)
                while let kind = heartbeats.withLock({ $0.begin(attempts, at: now) }) {
                    group.addTask { await self.send(kind, of: jobs, at: now) }
                }
                let buffers = logs.withLock { Array($0.values) }
                for buffer in buffers where buffer.flushAt.map({ $0 <= now }) ?? false {
                    group.addTask { await buffer.flush() }
                }
                // A buffer that is sent now plans its next batch itself.
                var moments = buffers.compactMap(\.flushAt).filter { $0 > now }
                moments += jobs.compactMap { nextCheck(of: $0) }
                if let moment = heartbeats.withLock({ $0.nextAt(attempts) }) { moments.append(moment) }
                if let next = moments.min() { alarm.plan(max(next, now + Self.minSleep)) }
                await alarm.wait()
            }
        }
    }

    /// The minimum time between two checks that the worker plans itself.
    private static let minSleep = Duration.milliseconds(1)

    private func nextCheck(of job: RunningJob) -> ContinuousClock.Instant? {
        job.nextCheck(
            lease: .seconds(configuration.leaseSeconds), outage: .seconds(configuration.outageSeconds))
    }

    /// Makes sure that the monitor checks a new job in time.
    func watch(_ job: RunningJob) {
        let heartbeat = job.startedAt + .seconds(job.lease.heartbeatSeconds)
        alarm.plan(nextCheck(of: job).map { min($0, heartbeat) } ?? heartbeat)
    }

    private func send(
        _ kind: HeartbeatTimer.Kind, of jobs: [RunningJob], at now: ContinuousClock.Instant
    ) async {
        switch kind {
        case .renewal: await renew(jobs, at: now)
        case .plain: await sendHeartbeat()
        }
        heartbeats.withLock { $0.ended(kind) }
        alarm.plan(clock.now)
    }

    private func check(_ job: RunningJob, at now: ContinuousClock.Instant) {
        checkLease(of: job, at: now)
        if job.isTimedOut(at: now) { job.end(.timeout, at: now) }
        guard job.isOverdue(at: now), job.claimReport() else { return }
        // The work continues after its cancellation. It occupies its slot until it ends, but the attempt is reported
        // now, so that another worker can run the job.
        configuration.log(
            Note(
                "the handler did not end after its cancellation; it occupies its slot until it ends",
                level: .error,
                about: job.lease.job))
        // A shutdown waits for this report, also if the work ends before. Otherwise its deregistration would release the job.
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
        configuration.log(Note(words, level: isPaused ? .warning : .info, about: job.lease.job))
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
            if Task.isCancelled { return }
            configuration.log(Note("cannot send heartbeats: \(Self.text(of: error))", level: .warning))
        }
    }
}

extension HeartbeatTimer.Attempts {
    /// The attempts of these jobs; nil if there are none.
    fileprivate init?(_ jobs: [RunningJob]) {
        guard let oldest = jobs.map(\.startedAt).min(), let seconds = jobs.map(\.lease.heartbeatSeconds).min()
        else { return nil }
        self.init(
            oldestStart: oldest, interval: .seconds(seconds),
            hasUnsentProgress: jobs.contains(where: \.hasUnsentProgress))
    }
}
