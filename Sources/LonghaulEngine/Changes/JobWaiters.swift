import LonghaulCore
import Synchronization

/// Callers that wait for an event of a job.
final class JobWaiters: Sendable {
    private let waiting = Mutex<[JobID: [Signal]]>([:])

    /// Registers a wait for the job. The caller ends it with ``forget(_:_:)``.
    func register(_ id: JobID) -> Signal {
        let signal = Signal()
        waiting.withLock { $0[id, default: []].append(signal) }
        return signal
    }

    /// Removes a registration.
    func forget(_ id: JobID, _ signal: Signal) {
        waiting.withLock { waiting in
            waiting[id]?.removeAll { $0 === signal }
            if waiting[id]?.isEmpty == true { waiting[id] = nil }
        }
    }

    /// Wakes all callers that wait for these jobs.
    func wake(_ ids: some Sequence<JobID>) {
        let signals = waiting.withLock { waiting -> [Signal] in
            if waiting.isEmpty { return [] }
            return ids.flatMap { waiting[$0] ?? [] }
        }
        for signal in signals { signal.fire() }
    }
}

extension JobWaiters: ChangeObserver {
    /// Wakes the callers that wait for jobs that ended.
    func observe(_ batch: ChangeBatch) {
        wake(batch.changes.lazy.filter(\.state.isFinal).map(\.jobID))
    }
}
