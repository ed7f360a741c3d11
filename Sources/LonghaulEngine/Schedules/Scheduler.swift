import LonghaulCore
import LonghaulJSON
import Synchronization

/// Fires the ticks of schedules when they are due.
///
/// Every server has a scheduler, and there is no leader. The commit that stores the job of a tick also advances the
/// schedule, so exactly one server fires it.
final class Scheduler: Sendable {
    /// The maximum number of schedules that are read at once.
    private static let limit = 1000
    /// The time after which a tick whose job was rejected is tried again, in seconds.
    private static let retrySeconds = 5.0

    private let store: any JobStore
    private let time: any TimeSource
    private let ids: JobIDGenerator
    private let settingsCache: QueueSettingsCache
    private let configuration: EngineConfiguration
    /// The time at which the next round queries the store.
    private let nextQueryAt = Mutex(Timestamp(milliseconds: 0))
    private let clockSteps = Mutex(ClockStepDetector())

    init(
        store: any JobStore, time: any TimeSource, ids: JobIDGenerator, settingsCache: QueueSettingsCache,
        configuration: EngineConfiguration
    ) {
        self.store = store
        self.time = time
        self.ids = ids
        self.settingsCache = settingsCache
        self.configuration = configuration
    }

    /// Makes a round query the store at this time or earlier.
    func plan(_ moment: Timestamp) {
        nextQueryAt.withLock { $0 = min($0, moment) }
    }

    /// Fires the ticks that are due. Returns the time of the next round.
    ///
    /// The round queries the store only if a tick is due, or at intervals for the changes of other servers.
    func round() async -> Timestamp {
        let now = time.now()
        let planned = nextQueryAt.withLock { nextQueryAt -> Timestamp? in
            // If the clock was set back, the planned time may be too far in the future.
            nextQueryAt = min(nextQueryAt, now.adding(seconds: configuration.maintenanceSeconds))
            if nextQueryAt > now { return nextQueryAt }
            nextQueryAt = .distantFuture
            return nil
        }
        if let planned { return planned }
        let next = await fireDueTicks()
        // A plan that was made during the query stays.
        return nextQueryAt.withLock { nextQueryAt in
            nextQueryAt = min(nextQueryAt, next)
            return nextQueryAt
        }
    }

    /// Fires the ticks that are due. Returns the time at which to query the store next.
    private func fireDueTicks() async -> Timestamp {
        do {
            var due = try await store.dueSchedules(limit: Self.limit)
            if clockSteps.withLock({ $0.isSetBack(to: due.now, steadySeconds: time.steadySeconds()) }) {
                do {
                    try await moveTicksBack()
                } catch {
                    clockSteps.withLock { $0.reset() }
                    throw error
                }
                due = try await store.dueSchedules(limit: Self.limit)
            }
            var isDone = true
            for schedule in due.schedules {
                isDone = try await catchUp(schedule, at: due.now) && isDone
            }
            guard isDone else {
                return time.now().adding(seconds: min(Self.retrySeconds, configuration.maintenanceSeconds))
            }
            // A schedule that has fired has a new next tick, so the next round queries the store at once.
            guard due.schedules.isEmpty else { return time.now() }
            // A duration, not a time: if the store's clock is behind this one, its next tick may be in the past here.
            let seconds = due.nextAt?.seconds(since: due.now) ?? configuration.maintenanceSeconds
            return time.now().adding(seconds: min(seconds, configuration.maintenanceSeconds))
        } catch {
            // The store does not answer. The ticks stay due.
            return time.now().adding(seconds: 1)
        }
    }

    /// Sets the next tick of each schedule to the first tick after now, if it is later than that.
    private func moveTicksBack() async throws {
        var last: String?
        while true {
            let page = try await store.schedules(after: last, limit: Self.limit)
            // The time is read after the page. With an earlier time, a next tick that is right could seem too late.
            let now = try await store.dueSchedules(limit: 1).now
            for schedule in page.schedules {
                guard let next = schedule.nextRunAt, let recurrence = schedule.spec.recurrence,
                    let first = recurrence.next(after: now), first < next
                else { continue }
                let advance = ScheduleFiring.Advance(from: next, to: first)
                _ = try await store.fireSchedule(
                    ScheduleFiring(schedule: schedule, advance: advance, submission: nil))
            }
            guard page.hasMore, let name = page.schedules.last?.name else { return }
            last = name
        }
    }

    /// Fires the due ticks of a schedule. Returns whether all of them have fired, on this server or another one.
    private func catchUp(_ schedule: ScheduleRecord, at now: Timestamp) async throws -> Bool {
        guard let recurrence = schedule.spec.recurrence else { return false }
        for step in SchedulePlan.steps(schedule, recurrence, at: now) {
            let job: Submission?
            do throws(LonghaulError) {
                job = try step.tick.map { tick throws(LonghaulError) in
                    var submission = try submission(of: schedule, at: tick)
                    submission.keys.append(
                        KeyDigest.tick(
                            tick, of: schedule,
                            until: time.now().adding(seconds: configuration.idempotencyTTLSeconds)))
                    return submission
                }
            } catch {
                // The job has become invalid, because settings or time zones have changed. Other schedules still fire.
                return false
            }
            let firing = ScheduleFiring(schedule: schedule, advance: step.advance, submission: job)
            switch try await store.fireSchedule(firing) {
            case .done: continue
            case .stale: return true
            case .refused: return false
            }
        }
        return true
    }

    /// The submission of a schedule's job.
    ///
    /// - Parameter isNew: whether the schedule is not stored yet. Only then do the rules for values apply.
    /// - Throws: ``LonghaulError`` with all errors of the job. Their pointers begin with `/job`.
    func submission(
        of schedule: ScheduleRecord, at tick: Timestamp, isNew: Bool = false
    ) throws(LonghaulError) -> Submission {
        let resolver = SubmissionResolver(
            caller: schedule.caller, parentID: nil, now: time.now(), configuration: configuration,
            router: settingsCache.router, ids: ids, checksValues: isNew)
        let job = schedule.spec.job(named: schedule.name, at: tick)
        let resolution = try resolver.resolve([job]) { _ in JSONPointer.root.appending("job") }
        guard let submission = resolution.submissions.first else {
            throw LonghaulError(.internal, "the schedule's job has no submission")
        }
        return submission
    }
}
