public import LonghaulCore
import Synchronization

/// The live changes of all jobs, with the latest thousand kept for those who come back.
public final class ChangeFeed: Sendable {
    /// A change with its place in the feed.
    public struct Entry: Sendable, Hashable {
        /// Its number, rising by one, from 1 at the start of the process.
        public var number: UInt64
        /// The change.
        public var change: JobChange
    }

    fileprivate struct Subscriber {
        var jobID: JobID?
        var continuation: AsyncStream<Entry>.Continuation
    }

    fileprivate struct State {
        var lastNumber: UInt64 = 0
        var recent: [Entry] = []
        var oldest = 0
        var nextSubscriber: UInt64 = 0
        var subscribers: [UInt64: Subscriber] = [:]
        var isClosed = false
    }

    static let kept = 1000
    private let state = Mutex(State())
    /// A random word that tells this feed from that of another process, or of this one before a restart.
    public let epoch: UInt64

    init(epoch: UInt64) {
        self.epoch = epoch
    }

    /// The changes from now on: of one job, or of all. A subscriber that falls 1,000 changes behind is cut
    /// off: its stream ends, and it can come back with the number of the last change that it saw.
    ///
    /// - Parameter number: the last change seen, to get those after it first, as far as they are kept.
    public func subscribe(to jobID: JobID? = nil, after number: UInt64? = nil) -> AsyncStream<Entry> {
        let (stream, continuation) = AsyncStream<Entry>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.kept))
        let key = state.withLock { state -> UInt64? in
            if state.isClosed { return nil }
            if let number {
                for entry in state.inOrder where entry.number > number { continuation.yield(entry) }
            }
            state.nextSubscriber += 1
            state.subscribers[state.nextSubscriber] = Subscriber(jobID: jobID, continuation: continuation)
            return state.nextSubscriber
        }
        guard let key else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.subscribers.removeValue(forKey: key) }
        }
        return stream
    }

    func publish(_ changes: [JobChange]) {
        let cutOff = state.withLock { state -> [Subscriber] in
            var behind: [UInt64] = []
            for change in changes {
                let entry = state.append(change)
                for (key, subscriber) in state.subscribers
                where subscriber.jobID == nil || subscriber.jobID == change.jobID {
                    if case .dropped = subscriber.continuation.yield(entry) { behind.append(key) }
                }
            }
            return behind.compactMap { state.subscribers.removeValue(forKey: $0) }
        }
        // Outside the lock: ending a stream calls its termination handler.
        for subscriber in cutOff { subscriber.continuation.finish() }
    }

    /// Ends every stream, for good.
    func close() {
        let subscribers = state.withLock { state in
            state.isClosed = true
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
    }
}

extension ChangeFeed.State {
    mutating func append(_ change: JobChange) -> ChangeFeed.Entry {
        lastNumber += 1
        let entry = ChangeFeed.Entry(number: lastNumber, change: change)
        if recent.count < ChangeFeed.kept {
            recent.append(entry)
        } else {
            recent[oldest] = entry
            oldest = (oldest + 1) % ChangeFeed.kept
        }
        return entry
    }

    var inOrder: [ChangeFeed.Entry] { Array(recent[oldest...] + recent[..<oldest]) }
}
