import LonghaulCore
import LonghaulEngine

/// Compares what the handlers did with what the server knows.
///
/// The strict rules hold in runs without outages: every report of a worker arrives before its lease ends.
struct WorkerChecks {
    let world: WorkerWorld

    /// A stopped worker holds no jobs.
    func checkStopped(_ worker: String) async {
        guard !world.scenario.isHarsh else { return }
        var filter = JobFilter()
        filter.states = [.processing]
        guard let page = try? await world.engine.jobs(filter, after: nil, limit: 100) else {
            return world.report("the jobs cannot be listed")
        }
        for job in page.jobs where job.worker?.id == worker {
            world.report("\(worker) has stopped, and still holds \(world.name(job.id))")
        }
    }

    /// Checks an ended job with all its attempts.
    func check(_ id: JobID) async {
        guard let job = try? await world.engine.job(id) else {
            return world.report("\(world.name(id)) is missing")
        }
        guard job.state.isFinal else { return world.report("\(world.name(id)) does not end") }
        let attempts = world.attempts(of: id)
        if job.state == .completed {
            let source = attempts.first { ScriptedHandler.result(of: $0) == job.result }
            if source?.endings != [.completed] {
                world.report("\(world.name(id)) is completed by an attempt that did not succeed")
            } else if job.progress?.percent != source?.percent {
                world.report("\(world.name(id)) misses the last progress")
            }
        }
        guard !world.scenario.isHarsh, job.state != .cancelled else { return }
        for attempt in attempts where !attempt.isGone { check(attempt, in: job) }
        await checkLog(of: job, attempts)
    }

    /// The attempt ended on the server as its handler did.
    private func check(_ attempt: AttemptRecord, in job: Job) {
        let entry = job.attempts.first {
            $0.number == attempt.job.attempt && $0.startedAt == attempt.job.startedAt
                && $0.worker == attempt.worker
        }
        let ending: AttemptRecord.Ending? =
            switch (entry, entry?.error?.type) {
            case (nil, _): .released
            case (_, nil): .completed
            case (_, "broken"): .failed
            case (_, "timeout"): .timedOut
            default: nil
            }
        // An attempt without endings never began: its worker stopped when the lease arrived.
        let allowed = attempt.endings.isEmpty ? [.released] : attempt.endings
        guard let ending, allowed.contains(ending) else {
            return world.report(
                "attempt \(attempt.job.attempt) of \(world.name(job.id)) ended with \(entry?.error?.type ?? "no error"), "
                    + "expected \(allowed.map { "\($0)" }.sorted().joined(separator: " or "))")
        }
    }

    /// The log has every line of the attempts, in order. A line may be repeated after a lost answer.
    private func checkLog(of job: Job, _ attempts: [AttemptRecord]) async {
        guard let log = try? await world.engine.logs(job.id, after: 0, limit: 10_000) else {
            return world.report("the log of \(world.name(job.id)) cannot be read")
        }
        var places: [String: Int] = [:]
        for (place, line) in log.enumerated() where places[line.line.message] == nil {
            places[line.line.message] = place
        }
        for attempt in attempts where !attempt.isGone && !attempt.isOverdue {
            let found = attempt.lines.compactMap { places[$0] }
            if found.count < attempt.lines.count {
                world.report(
                    "\(world.name(job.id)) misses \(attempt.lines.count - found.count) lines of its log")
            } else if found != found.sorted() {
                world.report("the lines of \(world.name(job.id)) are in another order")
            }
        }
    }
}
