import LonghaulCore
import Synchronization

/// What the writer must learn of remote changes: the listener adds them, and the writer takes them.
final class RemoteChanges: Sendable {
    private let pending = Mutex<[JobChange]>([])
    private let gap = Atomic(false)
    private let nextDue = Mutex<Timestamp?>(nil)

    /// Adds changes that another server committed.
    func add(_ changes: [JobChange]) {
        let new = changes.filter { $0.state == .pending }
        if !new.isEmpty { pending.withLock { $0 += new } }
        let earliest = changes.filter(\.isTimed).map(\.runAt).min()
        if let earliest { nextDue.withLock { $0 = min($0 ?? earliest, earliest) } }
    }

    /// Records that notifications may have been missed.
    func recordGap() {
        gap.store(true, ordering: .releasing)
    }

    /// Whether notifications may have been missed since the last call.
    func takeGap() -> Bool {
        gap.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// Removes and returns the changes that made jobs pending.
    func takePending() -> [JobChange] {
        pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
    }

    /// Removes and returns the earliest due time of the jobs that other servers scheduled.
    func takeNextDue() -> Timestamp? {
        nextDue.withLock { nextDue in
            defer { nextDue = nil }
            return nextDue
        }
    }
}

extension JobChange {
    /// Whether the job waits for the time `runAt`.
    fileprivate var isTimed: Bool {
        switch state {
        case .scheduled, .retrying: true
        case .suspended: runAt > at
        case .blocked, .pending, .processing, .completed, .failed, .cancelled: false
        }
    }
}
