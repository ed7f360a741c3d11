import LonghaulCore
import Synchronization

/// Those who wait for something to happen to a job.
final class JobWaiters: Sendable {
    private let waiting = Mutex<[JobID: [Signal]]>([:])

    /// Registers somebody who waits for the job. To be given back with ``forget(_:_:)``.
    func register(_ id: JobID) -> Signal {
        let signal = Signal()
        waiting.withLock { $0[id, default: []].append(signal) }
        return signal
    }

    /// Takes back a registration.
    func forget(_ id: JobID, _ signal: Signal) {
        waiting.withLock { waiting in
            waiting[id]?.removeAll { $0 === signal }
            if waiting[id]?.isEmpty == true { waiting[id] = nil }
        }
    }

    /// Wakes all who wait for these jobs.
    func wake(_ ids: some Sequence<JobID>) {
        let signals = waiting.withLock { waiting -> [Signal] in
            if waiting.isEmpty { return [] }
            return ids.flatMap { waiting[$0] ?? [] }
        }
        for signal in signals { signal.fire() }
    }
}
