import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Callers that wait for an event of a job.
final class JobWaiters: Sendable {
    private let waiting = Mutex<[JobID: [Event<Bool>]]>([:])

    /// Registers a wait for the job. The caller ends it with ``forget(_:_:)``.
    func register(_ id: JobID) -> Event<Bool> {
        let ending = Event<Bool>()
        waiting.withLock { $0[id, default: []].append(ending) }
        return ending
    }

    /// Removes a registration.
    func forget(_ id: JobID, _ ending: Event<Bool>) {
        waiting.withLock { waiting in
            waiting[id]?.removeAll { $0 === ending }
            if waiting[id]?.isEmpty == true { waiting[id] = nil }
        }
    }

    /// Wakes all callers.
    func wakeAll() {
        let endings = waiting.withLock { waiting in waiting.values.flatMap { $0 } }
        for ending in endings { ending.fire(true) }
    }

    /// Whether a caller waits for the job.
    func isWaiting(_ id: JobID) -> Bool { waiting.withLock { $0[id] != nil } }

    /// Wakes all callers that wait for these jobs.
    func wake(_ ids: some Sequence<JobID>) {
        let endings = waiting.withLock { waiting -> [Event<Bool>] in
            if waiting.isEmpty { return [] }
            return ids.flatMap { waiting[$0] ?? [] }
        }
        for ending in endings { ending.fire(true) }
    }
}

extension JobWaiters: ChangeObserver {
    /// Wakes the callers that wait for jobs that ended.
    func observe(_ batch: ChangeBatch) {
        wake(batch.changes.lazy.filter(\.state.isFinal).map(\.jobID))
    }
}
