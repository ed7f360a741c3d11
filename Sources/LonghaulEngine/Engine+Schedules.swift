public import LonghaulCore
import LonghaulJSON

extension Engine {
    /// A page of schedules by name, those after the given one.
    public func schedules(after name: String? = nil, limit: Int) async throws -> SchedulePage {
        try await store.schedules(after: name, limit: limit)
    }

    /// One schedule.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func schedule(_ name: String) async throws -> ScheduleRecord {
        guard let schedule = try await store.schedule(name) else { throw Self.noSchedule(name) }
        return schedule
    }

    private static func noSchedule(_ name: String) -> LonghaulError {
        LonghaulError(.notFound, "there is no schedule \"\(name.prefix(100))\"")
    }

    /// Creates or replaces a schedule.
    ///
    /// - Parameter grant: the rights of the caller, which must cover the job of the schedule.
    /// - Throws: ``LonghaulError``: `invalid_request` with all errors; `payload_too_large`; `forbidden`.
    public func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String = NewAPIKey.anonymous,
        grant: KeyGrant = .everything
    ) async throws -> ScheduleRecord {
        guard ScheduleSpec.isName(name) else {
            throw LonghaulError(
                .invalidRequest, "the name of a schedule must have 1 to 100 characters of A-Z a-z 0-9 . _ -")
        }
        return try await put(name, spec, caller: caller, grant: grant, isNew: true)
    }

    private func put(
        _ name: String, _ spec: ScheduleSpec, caller: String, grant: KeyGrant, isNew: Bool
    ) async throws -> ScheduleRecord {
        let now = time.now()
        let faults = spec.faults()
        guard faults.isEmpty, let recurrence = spec.recurrence else { throw LonghaulError.invalid(faults) }
        let draft = ScheduleRecord(
            name: name, spec: spec, caller: caller, revision: 0, createdAt: now, updatedAt: now)
        let submission = try scheduler.submission(of: draft, at: now, isNew: isNew)
        try grant.require(submission.spec)
        let record = try await store.putSchedule(
            name, spec, caller: caller, firstRunAt: recurrence.next(after: now))
        if let next = record.nextRunAt {
            scheduler.plan(next)
            maintenance.plan(next)
        }
        return record
    }

    /// Pauses or resumes a schedule. A paused schedule skips its ticks.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func pauseSchedule(_ name: String, _ paused: Bool) async throws -> ScheduleRecord {
        let schedule = try await schedule(name)
        var spec = schedule.spec
        spec.paused = paused
        return try await put(name, spec, caller: schedule.caller, grant: .everything, isNew: false)
    }

    /// Deletes a schedule. The jobs that it submitted stay.
    ///
    /// - Throws: ``LonghaulError`` `not_found`.
    public func deleteSchedule(_ name: String) async throws {
        guard try await store.deleteSchedule(name) else { throw Self.noSchedule(name) }
    }

    /// Submits a job of a schedule now, also if the schedule is paused. Its ticks do not change.
    ///
    /// - Throws: ``LonghaulError`` `not_found`, and the errors of ``submit(_:caller:)``.
    public func runSchedule(_ name: String) async throws -> Accepted {
        while true {
            let schedule = try await schedule(name)
            let submission = try scheduler.submission(of: schedule, at: time.now())
            let firing = ScheduleFiring(schedule: schedule, advance: nil, submission: submission)
            switch try await store.fireSchedule(firing) {
            case .done(.created(let job)): return Accepted(job: job, isReplay: false)
            case .done(.existing(let job)): return Accepted(job: job, isReplay: true)
            case .refused(let error): throw withRetryAfter(error)
            case .done: throw LonghaulError.noAnswer
            // The schedule was changed in between.
            case .stale: continue
            }
        }
    }
}
