import LonghaulCore
import Synchronization

/// The wake-ups that the latest store query of each worker has taken into account.
///
/// With a queue of IDs, a lease call begins without a query of the store. So a wake-up that came between two calls of a
/// worker must make the second one query it.
final class StoreQueries: Sendable {
    /// A worker and what it asks for. The interest is only hashed, because a request may name many queues. With equal hashes,
    /// a wake-up may be left to the slow poll.
    private struct Key: Hashable {
        let worker: String
        let interest: Int

        init(_ worker: String, _ interest: QueueInterest) {
            self.worker = worker
            self.interest = interest.hashValue
        }
    }

    /// Beyond this number of entries, all are removed. A worker without an entry queries the store again.
    private static let maxEntries = 10_000

    private let counts = Mutex<[Key: Int]>([:])

    /// The count of wake-ups before the latest query; 0 if it is unknown.
    func wakeCount(of worker: String, _ interest: QueueInterest) -> Int {
        counts.withLock { $0[Key(worker, interest)] ?? 0 }
    }

    /// Records a query.
    func record(_ wakeCount: Int, of worker: String, _ interest: QueueInterest) {
        counts.withLock { counts in
            if counts.count >= Self.maxEntries { counts = [:] }
            counts[Key(worker, interest)] = wakeCount
        }
    }
}
