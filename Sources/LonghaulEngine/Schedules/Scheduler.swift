import LonghaulCore
import LonghaulJSON
import Synchronization

/// Does the ticks of schedules when their moment has come.
///
/// Every server has one, and none leads: a tick is done by whoever first moves the schedule on in the store, in
/// the same commit that stores its job.
final class Scheduler: Sendable {
    /// How many schedules are looked at in one round.
    private static let limit = 1000
    /// How long a tick whose job was refused waits, in seconds.
    private static let pause = 5.0

    private let store: any JobStore
    private let time: any TimeSource
    private let ids: JobIDGenerator
    private let book: QueueBook
    private let configuration: EngineConfiguration
    /// When the store is to be asked again.
    private let nextLook = Mutex(Timestamp(milliseconds: 0))
    private let stepBacks = Mutex(StepBackDetector())

    init(
        store: any JobStore, time: any TimeSource, ids: JobIDGenerator, book: QueueBook,
        configuration: EngineConfiguration
    ) {
        self.store = store
        self.time = time
        self.ids = ids
        self.book = book
        self.configuration = configuration
    }

    /// Makes the next round ask the store at this moment, or before.
    func plan(_ moment: Timestamp) {
        nextLook.withLock { $0 = min($0, moment) }
    }

    /// Does what is due, and answers when the next round is. The store is asked only when its time has come, or
    /// now and then for what other servers have changed.
    func round() async -> Timestamp {
        let now = time.now()
        let planned = nextLook.withLock { nextLook -> Timestamp? in
            // A moment from before the clock was set back lies too far ahead.
            nextLook = min(nextLook, now.adding(seconds: configuration.maintenanceSeconds))
            if nextLook > now { return nextLook }
            nextLook = .distantFuture
            return nil
        }
        if let planned { return planned }
        let next = await look()
        // What was planned while the store was asked is kept.
        return nextLook.withLock { nextLook in
            nextLook = min(nextLook, next)
            return nextLook
        }
    }

    private func look() async -> Timestamp {
        let latest = time.now().adding(seconds: configuration.maintenanceSeconds)
        do {
            var due = try await store.dueSchedules(limit: Self.limit)
            if stepBacks.withLock({ $0.look(at: due.now, steadySeconds: time.steadySeconds()) }) {
                do {
                    try await drawBack()
                } catch {
                    stepBacks.withLock { $0.forget() }
                    throw error
                }
                due = try await store.dueSchedules(limit: Self.limit)
            }
            var isDone = true
            for schedule in due.schedules {
                isDone = try await catchUp(schedule, at: due.now) && isDone
            }
            guard isDone else {
                return time.now().adding(seconds: min(Self.pause, configuration.maintenanceSeconds))
            }
            // With something done there is a new next tick, which the store knows.
            return due.schedules.isEmpty ? due.nextAt.map { min($0, latest) } ?? latest : time.now()
        } catch {
            // The store is away: what is due stays so.
            return time.now().adding(seconds: 1)
        }
    }

    /// Moves each schedule whose next tick lies beyond the first tick after now back to that tick.
    private func drawBack() async throws {
        var last: String?
        while true {
            let page = try await store.schedules(after: last, limit: Self.limit)
            // Read after the page: the next tick of a page that is too old would look too far ahead.
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

    /// Does the ticks of a schedule that are due. Returns whether all of them are done, by this server or another.
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
                // Settings or zones have changed since it was set: the others must not wait for it.
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

    /// The submission of a job of a schedule.
    ///
    /// - Parameter isNew: whether the schedule is about to be stored, so that the rules for values apply.
    /// - Throws: ``LonghaulError`` with every fault of the job; its pointers begin with `/job`.
    func submission(
        of schedule: ScheduleRecord, at tick: Timestamp, isNew: Bool = false
    ) throws(LonghaulError) -> Submission {
        let resolver = SubmissionResolver(
            caller: schedule.caller, parentID: nil, now: time.now(), configuration: configuration,
            router: book.router, ids: ids, checksValues: isNew)
        let job = schedule.spec.job(named: schedule.name, at: tick)
        let resolution = try resolver.resolve([job]) { _ in JSONPointer.root.appending("job") }
        guard let submission = resolution.submissions.first else {
            throw LonghaulError(.internal, "a job made no submission")
        }
        return submission
    }
}
