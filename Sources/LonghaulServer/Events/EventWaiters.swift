import LonghaulCore
import LonghaulEngine

/// Why a waiting stream is woken.
enum Wakeup: Sendable {
    /// There may be changes for it. Those up to the number `seen` do not concern it.
    case changed(seen: UInt64)
    /// It was quiet for long. Changes up to the number `seen` do not concern it.
    case quiet(seen: UInt64)
    /// It looks again whether it is cancelled, or has something to read.
    case retry
    /// The server stops.
    case closed
}

/// A stream that has nothing to send.
struct Waiter {
    let continuation: CheckedContinuation<Wakeup, Never>
    /// The job it is about; nil for all.
    let jobID: JobID?
    let since: ContinuousClock.Instant
}

/// The streams that have nothing to send.
struct Waiting {
    /// The number up to which waiting streams were woken for what concerns them.
    var pumped: UInt64 = 0
    private(set) var isClosed = false
    private var waiters: [UInt64: Waiter] = [:]
    /// Those that are about one job.
    private var byJob: [JobID: Set<UInt64>] = [:]
    /// Those that are about all jobs.
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

    /// Takes out the streams that the changes concern; all of them if changes are missing.
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

    /// Takes out the streams that have waited since this instant or before.
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
