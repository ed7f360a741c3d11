import LonghaulCore
import LonghaulEngine

/// The reason why a waiting stream is woken.
enum Wakeup: Sendable {
    /// There may be changes for the stream, after the number `seen`.
    case changed(seen: UInt64)
    /// The stream must send a heartbeat. It has no changes up to the number `seen`.
    case quiet(seen: UInt64)
    /// The stream must check again for cancellation and changes.
    case retry
    /// The server is stopping.
    case closed
}

/// A waiting stream.
struct Waiter {
    let continuation: CheckedContinuation<Wakeup, Never>
    /// The job of the stream; nil for all jobs.
    let jobID: JobID?
    let since: ContinuousClock.Instant
}

/// The waiting streams.
struct Waiting {
    /// The number of the last change for which waiting streams were woken.
    var pumped: UInt64 = 0
    private(set) var isClosed = false
    private var waiters: [UInt64: Waiter] = [:]
    /// The streams of one job.
    private var byJob: [JobID: Set<UInt64>] = [:]
    /// The streams of all jobs.
    private var ofAll: Set<UInt64> = []
    private var nextKey: UInt64 = 0

    var count: Int { waiters.count }

    mutating func makeKey() -> UInt64 {
        nextKey += 1
        return nextKey
    }

    mutating func add(_ waiter: Waiter, _ key: UInt64) {
        waiters[key] = waiter
        if let id = waiter.jobID {
            byJob[id, default: []].insert(key)
        } else {
            ofAll.insert(key)
        }
    }

    mutating func remove(_ key: UInt64) -> CheckedContinuation<Wakeup, Never>? {
        guard let waiter = waiters.removeValue(forKey: key) else { return nil }
        ofAll.remove(key)
        if let id = waiter.jobID {
            byJob[id]?.remove(key)
            if byJob[id]?.isEmpty == true { byJob[id] = nil }
        }
        return waiter.continuation
    }

    /// Removes and returns the streams with changes in the batch; all streams if changes are missing.
    mutating func take(
        for reading: ChangeFeed.Reading, upTo number: UInt64
    ) -> [CheckedContinuation<Wakeup, Never>] {
        pumped = max(pumped, number)
        if reading.hasGap { return takeAll() }
        var keys = ofAll
        if !byJob.isEmpty {
            for batch in reading.batches {
                for change in batch.changes {
                    if let concerned = byJob[change.jobID] { keys.formUnion(concerned) }
                }
            }
        }
        return keys.sorted().compactMap { remove($0) }
    }

    /// Removes and returns the streams that have waited since this instant or before.
    mutating func take(waitingSince instant: ContinuousClock.Instant) -> [CheckedContinuation<Wakeup, Never>]
    {
        waiters.filter { $0.value.since <= instant }.keys.sorted().compactMap { remove($0) }
    }

    mutating func close() -> [CheckedContinuation<Wakeup, Never>] {
        isClosed = true
        return takeAll()
    }

    private mutating func takeAll() -> [CheckedContinuation<Wakeup, Never>] {
        defer {
            waiters = [:]
            byJob = [:]
            ofAll = []
        }
        return waiters.values.map(\.continuation)
    }
}
