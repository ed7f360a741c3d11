import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// The latest changes of all jobs, in a bounded ring that all readers share.
///
/// A commit appends to the ring and wakes at most one task per consumer; its cost does not depend on the number of
/// readers. A reader holds only the number of the last change that it has read. If its place has left the ring, the next
/// read reports a gap.
public final class ChangeFeed: BackgroundService, ChangeObserver {
    /// The next changes for a reader.
    public struct Reading: Sendable {
        /// The batches with changes after the reader's place, oldest first. The first one may also have earlier changes.
        public var batches: [FeedBatch] = []
        /// Whether changes after the reader's place are no longer in the ring. There are no batches then.
        public var hasGap = false
        /// The number of the latest change in the feed.
        public var lastNumber: UInt64
    }

    private let state: Mutex<Ring>
    /// A random number that identifies this feed among those of other processes.
    public let epoch: UInt64

    /// The maximum size of the ring, in bytes.
    static let maxBytes = 16 << 20

    /// - Parameter capacity: the maximum number of changes in the ring. A larger commit is kept completely.
    init(epoch: UInt64, capacity: Int = 4096) {
        self.epoch = epoch
        state = Mutex(Ring(capacity: capacity))
    }

    /// The number of the latest change; 0 before the first.
    public var lastNumber: UInt64 { state.withLock { $0.lastNumber } }

    /// The changes after a number, at most `limit` commits.
    public func read(after number: UInt64, limit: Int) -> Reading {
        state.withLock { $0.read(after: number, limit: limit) }
    }

    /// Waits until there is a change after `number`. Returns false if the feed is closed or the task is cancelled.
    ///
    /// A commit wakes every call. So a few consumers should call it, each on behalf of many readers.
    public func wait(after number: UInt64) async -> Bool {
        let change = Event<Void>()
        let mustWait = state.withLock { ring in
            if ring.isClosed || ring.lastNumber > number { return false }
            ring.waiters.append(change)
            return true
        }
        if mustWait, (try? await change.waitUnlessCancelled()) == nil {
            state.withLock { $0.waiters.removeAll { $0 === change } }
        }
        return !Task.isCancelled && state.withLock { !$0.isClosed }
    }

    /// Appends the changes of a commit.
    func observe(_ batch: ChangeBatch) {
        if batch.changes.isEmpty { return }
        let waiters = state.withLock { ring in
            ring.append(batch.changes)
            return ring.takeWaiters()
        }
        for waiter in waiters { waiter.fire() }
    }

    /// Allows waits for changes again after ``stop()``.
    func start() {
        state.withLock { $0.isClosed = false }
    }

    /// Ends every wait.
    func stop() async {
        let waiters = state.withLock { ring in
            ring.isClosed = true
            return ring.takeWaiters()
        }
        for waiter in waiters { waiter.fire() }
    }
}

/// The latest commits, oldest first, bounded by the number of changes and by bytes.
private struct Ring {
    let capacity: Int
    var lastNumber: UInt64 = 0
    var isClosed = false
    var waiters: [Event<Void>] = []
    private var batches: [FeedBatch] = []
    /// The index of the oldest batch in `batches`. The batches before it are removed together, many at a time.
    private var start = 0
    private var count = 0
    private var bytes = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func takeWaiters() -> [Event<Void>] {
        defer { waiters = [] }
        return waiters
    }

    mutating func append(_ changes: [JobChange]) {
        let batch = FeedBatch(firstNumber: lastNumber + 1, changes: changes)
        lastNumber = batch.lastNumber
        batches.append(batch)
        count += changes.count
        bytes += batch.sizeBytes
        while start < batches.count - 1, count > capacity || bytes > ChangeFeed.maxBytes {
            count -= batches[start].changes.count
            bytes -= batches[start].sizeBytes
            start += 1
        }
        if start > 0, start >= batches.count / 2 {
            batches.removeFirst(start)
            start = 0
        }
    }

    func read(after number: UInt64, limit: Int) -> ChangeFeed.Reading {
        var reading = ChangeFeed.Reading(lastNumber: lastNumber)
        if number == lastNumber { return reading }
        guard start < batches.count, number < lastNumber, number + 1 >= batches[start].firstNumber else {
            reading.hasGap = true
            return reading
        }
        var low = start
        var high = batches.count - 1
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].lastNumber > number { high = middle } else { low = middle + 1 }
        }
        reading.batches = Array(batches[low..<min(batches.count, low + limit)])
        return reading
    }
}
