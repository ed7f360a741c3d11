public import LonghaulCore
import LonghaulJSON
import Synchronization

/// The changes of one commit, with their numbers in the ``ChangeFeed``. All readers share one instance.
public final class FeedBatch: Sendable {
    /// The changes as readers send them, encoded once.
    public struct Encoding: Sendable {
        /// The bytes of each change, in order.
        public var events: [[UInt8]]
        /// The same bytes, joined into larger pieces, for readers that send all events.
        public var pieces: [[UInt8]]

        /// Creates an encoding.
        public init(events: [[UInt8]], pieces: [[UInt8]]) {
            self.events = events
            self.pieces = pieces
        }
    }

    /// The number of the first change. The numbers of the others follow without gaps.
    public let firstNumber: UInt64
    /// The changes, at least one.
    public let changes: [JobChange]
    /// The approximate size of the encoding, in bytes.
    let sizeBytes: Int
    private let encoding = Mutex<Encoding?>(nil)

    init(firstNumber: UInt64, changes: [JobChange]) {
        self.firstNumber = firstNumber
        self.changes = changes
        sizeBytes = changes.reduce(0) { sum, change in
            let error = change.error.map { $0.message.utf8.count + ($0.details?.bytes.count ?? 0) } ?? 0
            let message = change.progress?.message?.utf8.count ?? 0
            return sum + 1200 + 3 * (error + message)
        }
    }

    /// The number of the last change.
    public var lastNumber: UInt64 { firstNumber + UInt64(changes.count) - 1 }

    /// The encoding. The first call creates it with `encode`.
    public func encoded(_ encode: (FeedBatch) -> Encoding) -> Encoding {
        if let known = encoding.withLock({ $0 }) { return known }
        let made = encode(self)
        return encoding.withLock { encoding in
            let kept = encoding ?? made
            encoding = kept
            return kept
        }
    }
}
