import LonghaulCore
import Synchronization

/// Those who wait for a job to end.
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

    /// Wakes those whose jobs ended.
    func wake(_ changes: [JobChange]) {
        let signals = waiting.withLock { waiting -> [Signal] in
            if waiting.isEmpty { return [] }
            return changes.lazy.filter(\.state.isFinal).flatMap { waiting[$0.jobID] ?? [] }
        }
        for signal in signals { signal.fire() }
    }
}
