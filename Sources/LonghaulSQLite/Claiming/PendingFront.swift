import LonghaulCore

/// The pending jobs of some lanes, in the order in which they are given out: of each priority the oldest, and
/// of these the one whose effective priority is highest. What it costs depends on how many lanes and priorities
/// there are and how many jobs are taken, not on how many are pending.
struct PendingFront {
    /// The jobs of one priority: a band for each lane.
    private struct Tier {
        let priority: Int
        var bands: [Band]
        /// Whether it has given a job: then it is likely to give more, and is read ahead of.
        var gives: Bool
        /// A job of which it has been looked up when it became due.
        var known: (seq: Int64, runAt: Timestamp)?

        /// The band that holds the oldest job, and that job.
        mutating func oldest(wanted: Int, _ connection: Connection) throws -> (band: Int, seq: Int64)? {
            var oldest: (band: Int, seq: Int64)?
            for band in bands.indices {
                guard let seq = try bands[band].front(wanted: gives ? wanted : 1, connection) else {
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
        let priorities = transaction.queues.entry(queue).pendingPriorities
        tiers = priorities.map { priority in
            Tier(
                priority: priority,
                bands: lanes.map { Band($0, partition: partition, priority: priority) },
                gives: priority == priorities.first)
        }
    }

    /// The place of the next job; nil after the last.
    ///
    /// - Parameter wanted: how many may be asked for, this one included.
    mutating func next(wanted: Int) throws -> Int64? {
        var best: (tier: Int, band: Int, seq: Int64)?
        for tier in tiers.indices {
            guard let oldest = try tiers[tier].oldest(wanted: wanted, connection) else { continue }
            if let best, try !hasOvertaken(tier, oldest.seq, best.tier, best.seq) { continue }
            best = (tier, oldest.band, oldest.seq)
        }
        guard let best else { return nil }
        tiers[best.tier].bands[best.band].advance()
        tiers[best.tier].gives = true
        return best.seq
    }

    /// Whether a job has waited long enough to go before one of a higher priority.
    private mutating func hasOvertaken(
        _ tier: Int, _ seq: Int64, _ higherTier: Int, _ higherSeq: Int64
    ) throws -> Bool {
        guard let ageingSeconds else { return false }
        // It cannot have waited longer than it is old, and its age is known without a look at its row.
        let most = now.seconds(since: JobSequence.moment(of: seq))
        let gap = Double(tiers[higherTier].priority - tiers[tier].priority)
        guard most > gap * ageingSeconds else { return false }
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
