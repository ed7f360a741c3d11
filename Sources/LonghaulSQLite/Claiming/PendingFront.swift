import LonghaulCore
import LonghaulStore

/// The pending jobs of some lanes in the order in which they are leased. Of the oldest job of each priority, the one
/// with the highest effective priority comes next. The cost depends on the number of lanes, priorities and leased
/// jobs, not on the number of pending jobs.
struct PendingFront {
    /// The jobs of one priority: a band for each lane.
    private struct Tier {
        let priority: Int
        var bands: [Band]
        /// Whether a job of it was leased. More are then likely to follow, so it is read ahead.
        var isActive: Bool
        /// The job whose due time was read last.
        var known: (seq: Int64, runAt: Timestamp)?

        /// The band that holds the oldest job, and that job.
        mutating func oldest(wanted: Int, _ connection: Connection) throws -> (band: Int, seq: Int64)? {
            var oldest: (band: Int, seq: Int64)?
            for band in bands.indices {
                guard let seq = try bands[band].front(wanted: isActive ? wanted : 1, connection) else {
                    continue
                }
                if oldest.map({ seq < $0.seq }) ?? true { oldest = (band, seq) }
            }
            return oldest
        }
    }

    private static let dueTime = Query("SELECT run_at FROM jobs WHERE seq = ?1")

    private let connection: Connection
    private let now: Timestamp
    private let ageingSeconds: Double?
    /// The highest priority first.
    private var tiers: [Tier]

    /// The jobs of one partition in these lanes of a queue.
    init(_ lanes: [LabelLane], of queue: String, partition: String, in transaction: Transaction) {
        connection = transaction.connection
        now = transaction.now
        ageingSeconds = transaction.limits.ageingSeconds
        let priorities = transaction.queues[queue]?.pendingPriorities ?? []
        tiers = priorities.map { priority in
            Tier(
                priority: priority,
                bands: lanes.map { Band($0, partition: partition, priority: priority) },
                isActive: priority == priorities.first)
        }
    }

    /// The `seq` of the next job; nil after the last.
    ///
    /// - Parameter wanted: the number of jobs still wanted, including this one.
    mutating func next(wanted: Int) throws -> Int64? {
        var best: (tier: Int, band: Int, seq: Int64)?
        for tier in tiers.indices {
            guard let oldest = try tiers[tier].oldest(wanted: wanted, connection) else { continue }
            if let best, try !hasOvertaken(tier, oldest.seq, best.tier, best.seq) { continue }
            best = (tier, oldest.band, oldest.seq)
        }
        guard let best else { return nil }
        tiers[best.tier].bands[best.band].advance()
        tiers[best.tier].isActive = true
        return best.seq
    }

    /// Whether a job has waited long enough to overtake one of a higher priority.
    private mutating func hasOvertaken(
        _ tier: Int, _ seq: Int64, _ higherTier: Int, _ higherSeq: Int64
    ) throws -> Bool {
        guard let ageingSeconds else { return false }
        // It has not waited longer than its age, which its `seq` contains.
        let maxWaited = now.seconds(since: JobSequence.moment(of: seq))
        let gap = Double(tiers[higherTier].priority - tiers[tier].priority)
        guard maxWaited > gap * ageingSeconds else { return false }
        return try effectivePriority(ofTier: tier, seq) > effectivePriority(ofTier: higherTier, higherSeq)
    }

    private mutating func effectivePriority(ofTier tier: Int, _ seq: Int64) throws -> Double {
        if tiers[tier].known?.seq != seq {
            let runAt = try connection.first(Self.dueTime, .integer(seq)) { $0.time(0) } ?? now
            tiers[tier].known = (seq, runAt)
        }
        return AgeingRule.effectivePriority(
            of: tiers[tier].priority, waitedSeconds: now.seconds(since: tiers[tier].known?.runAt ?? now),
            ageingSeconds: ageingSeconds)
    }
}
