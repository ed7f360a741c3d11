import LonghaulCore
import LonghaulStore

/// What pending jobs have in common that stand in one line.
struct LaneKey: Hashable {
    var queue: String
    var kind: String
    /// The labels that they need of a worker.
    var labels: [String: String]
    /// The value of the tag by which the queue is partitioned; empty where it is not.
    var partition: String
    var priority: Int
    /// Whether they became pending later than they were submitted, and so do not come in the order of their
    /// identifiers.
    var isLate: Bool
}

/// A row of `pending`: behind which others are looked for.
struct PendingRow: Hashable {
    var lane = 0
    var position: Int64 = -1
    var id = JobID(high: 0, low: 0)
}

/// A line of pending jobs.
struct PendingLane {
    let id: Int
    let key: LaneKey
    /// Nothing waits before it, for all that is known; nil if nothing waits at all.
    var head: Int64?
    /// When something was last known to wait, on the store's clock.
    var seenAt: Timestamp = Timestamp(milliseconds: 0)

    /// How long after a lane was last seen in use it is looked into from a little earlier, in seconds: what
    /// others wrote may become visible late.
    private static let slack = 5.0

    /// Where to begin to look; nil if there is nothing to look for.
    func start(at now: Timestamp) -> Int64? {
        let recent = PendingPlace.position(at: now.adding(seconds: -Self.slack))
        if let head { return min(head, recent) }
        return now.seconds(since: seenAt) <= Self.slack ? recent : nil
    }

    /// Notes that a job waits at a position.
    mutating func recordPending(_ position: Int64, at now: Timestamp) {
        head = min(head ?? position, position)
        seenAt = max(seenAt, now)
    }
}
