import LonghaulCore

/// The order of pending jobs in some lanes: of the oldest job of each priority, the one with the highest effective
/// priority comes next (``AgeingRule``). The higher priority wins a tie.
///
/// The cost depends on the number of lanes and chosen jobs, not on the number of pending jobs.
struct LaneFront {
    /// The lanes of one priority.
    private struct Tier {
        let priority: Int
        var lanes: [LaneCursor]

        /// The lane with the oldest job.
        var oldest: LaneCursor? {
            var oldest: LaneCursor?
            for lane in lanes {
                guard let job = lane.next else { continue }
                if let known = oldest?.next, !job.isOlder(than: known) { continue }
                oldest = lane
            }
            return oldest
        }
    }

    private let source: any LaneSource
    private let now: Timestamp
    private let ageingSeconds: Double?
    /// The highest priority first.
    private let tiers: [Tier]

    init(_ lanes: [LaneCursor], _ source: any LaneSource, now: Timestamp, ageingSeconds: Double?) {
        self.source = source
        self.now = now
        self.ageingSeconds = ageingSeconds
        var tiers: [Tier] = []
        for lane in lanes.sorted(by: { $0.priority > $1.priority }) {
            if tiers.last?.priority == lane.priority {
                tiers[tiers.count - 1].lanes.append(lane)
            } else {
                tiers.append(Tier(priority: lane.priority, lanes: [lane]))
            }
        }
        self.tiers = tiers
        for lane in tiers.first?.lanes ?? [] { lane.isActive = true }
    }

    /// The lanes whose next job is unknown.
    var unread: [LaneCursor] {
        var unread: [LaneCursor] = []
        for tier in tiers {
            for lane in tier.lanes where lane.needsRead { unread.append(lane) }
        }
        return unread
    }

    /// The next job; nil after the last.
    ///
    /// - Parameter wanted: the number of jobs still wanted, including this one.
    func next(wanted: Int) throws -> PendingJob? {
        while true {
            let unread = unread
            if unread.isEmpty { break }
            try source.read(unread, wanted: wanted)
        }
        var best: (tier: Tier, lane: LaneCursor)?
        for tier in tiers {
            guard let oldest = tier.oldest else { continue }
            if let best, try !hasOvertaken(oldest, best.lane) { continue }
            best = (tier, oldest)
            // Without ageing, no lower priority comes first.
            if ageingSeconds == nil { break }
        }
        guard let best, let job = best.lane.next else { return nil }
        best.lane.advance()
        for lane in best.tier.lanes { lane.isActive = true }
        return job
    }

    /// Whether the next job of a lane has waited long enough to overtake one of a higher priority.
    private func hasOvertaken(_ lane: LaneCursor, _ higher: LaneCursor) throws -> Bool {
        guard let ageingSeconds, let job = lane.next else { return false }
        let gap = Double(higher.priority - lane.priority)
        guard now.seconds(since: job.runAt) > gap * ageingSeconds else { return false }
        return try effectivePriority(of: lane) > effectivePriority(of: higher)
    }

    private func effectivePriority(of lane: LaneCursor) throws -> Double {
        if let job = lane.next, !job.isDueTimeKnown {
            lane.next?.runAt = try source.dueTime(of: job)
            lane.next?.isDueTimeKnown = true
        }
        return AgeingRule.effectivePriority(
            of: lane.priority, waitedSeconds: now.seconds(since: lane.next?.runAt ?? now),
            ageingSeconds: ageingSeconds)
    }
}
