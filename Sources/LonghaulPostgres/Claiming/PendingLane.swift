import LonghaulCore
import LonghaulStore

/// The properties that the pending jobs of a lane share.
struct LaneKey: Hashable {
    var queue: String
    var kind: String
    /// The labels that a worker must have.
    var labels: [String: String]
    /// The value of the queue's partition tag; empty without partitions.
    var partition: String
    var priority: Int
    /// Whether they became pending after their submission, so that they are not in the order of their identifiers.
    var isLate: Bool
}

/// A row of `pending`, as the position of a scan.
struct PendingRow: Hashable {
    var lane = 0
    var position: Int64 = -1
    var id = JobID(high: 0, low: 0)
}

/// An ordered list of pending jobs with the same properties.
struct PendingLane {
    let id: Int
    let key: LaneKey
    /// The lower bound of pending positions, according to the cache; nil if the lane is empty.
    var head: Int64?
    /// When the lane was last known to have pending jobs, on the store's clock.
    var seenAt: Timestamp = Timestamp(milliseconds: 0)

    /// For this time after a lane was last in use, in seconds, scans begin a little earlier: rows of other servers
    /// can become visible late.
    private static let slack = 5.0

    /// The position at which a scan begins; nil if the lane is empty.
    func start(at now: Timestamp) -> Int64? {
        let recent = PendingPlace.position(at: now.adding(seconds: -Self.slack))
        if let head { return min(head, recent) }
        return now.seconds(since: seenAt) <= Self.slack ? recent : nil
    }

    /// Records a pending job at a position.
    mutating func recordPending(_ position: Int64, at now: Timestamp) {
        head = min(head ?? position, position)
        seenAt = max(seenAt, now)
    }
}
