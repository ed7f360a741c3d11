import LonghaulCore
import LonghaulStore

/// The choice of pending jobs for a claim.
extension Transaction {
    /// A chosen job and its lane.
    struct Choice {
        var lane: Int
        var candidate: LaneFront.Candidate
    }

    /// Lanes of one priority.
    private struct Tier {
        var priority: Int
        var lanes: [Int]
    }

    /// The next jobs of a queue that match a request, at most `wanted`.
    func choose(_ wanted: Int, from queue: String, for request: LeaseRequest) throws -> [Choice] {
        let lanes = cache.lanes(of: queue, for: request).filter { lane in
            guard let start = lane.start(at: now) else { return false }
            if fronts[lane.id] == nil { fronts[lane.id] = LaneFront(lane, from: start) }
            return true
        }
        guard cache.hasPartitions(queue) else {
            let tiers = Self.tiers(lanes)
            var chosen: [Choice] = []
            while chosen.count < wanted, let next = try next(of: tiers, wanted: wanted - chosen.count) {
                chosen.append(next)
            }
            return chosen
        }
        return try chooseInTurn(wanted, lanes, PartitionTurns.Key(queue, request))
    }

    private static func tiers(_ lanes: [PendingLane]) -> [Tier] {
        Dictionary(grouping: lanes, by: \.key.priority).map {
            Tier(priority: $0.key, lanes: $0.value.map(\.id))
        }
        .sorted { $0.priority > $1.priority }
    }

    /// The next job of some lanes: of the oldest job of each priority, the one with the highest effective priority.
    /// Nil after the last.
    ///
    /// - Parameter wanted: the number of jobs still wanted, including this one.
    private func next(of tiers: [Tier], wanted: Int) throws -> Choice? {
        try readMore(tiers.flatMap(\.lanes), wanted)
        var best: (choice: Choice, priority: Double)?
        for tier in tiers {
            let oldest = tier.lanes.compactMap { lane in
                fronts[lane]?.next.map { Choice(lane: lane, candidate: $0) }
            }.min { $0.candidate.id < $1.candidate.id }
            guard let oldest else { continue }
            let priority = AgeingRule.effectivePriority(
                of: tier.priority, waitedSeconds: now.seconds(since: oldest.candidate.runAt),
                ageingSeconds: limits.ageingSeconds)
            if best.map({ priority > $0.priority }) ?? true { best = (oldest, priority) }
            if limits.ageingSeconds == nil { break }
        }
        if let best { fronts[best.choice.lane]?.advance() }
        return best?.choice
    }

    /// Reads further jobs of the lanes whose next job is unknown.
    private func readMore(_ lanes: [Int], _ wanted: Int) throws {
        while true {
            let unread = lanes.filter { fronts[$0]?.needsRead == true }
            guard !unread.isEmpty else { return }
            // Jobs that in-flight transactions claim come first. One read must get past all of them.
            let limit = min(wanted + claimedInFlight.count, 1000)
            try LaneFront.read(&fronts, unread, limit: limit, except: claimedInFlight, connection)
        }
    }

    /// Chooses one job of each partition in turn.
    private func chooseInTurn(_ wanted: Int, _ lanes: [PendingLane], _ key: PartitionTurns.Key) throws
        -> [Choice]
    {
        let groups = Dictionary(grouping: lanes, by: \.key.partition)
        var values = groups.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if let latest = cache.turns.latest(key) {
            let next = values.firstIndex { latest.utf8.lexicographicallyPrecedes($0.utf8) } ?? 0
            values = Array(values[next...] + values[..<next])
        }
        var chosen: [Choice] = []
        while chosen.count < wanted, !values.isEmpty {
            let round = values.prefix(wanted - chosen.count)
            let share = max(1, (wanted - chosen.count) / values.count)
            try readMore(round.flatMap { groups[$0]?.map(\.id) ?? [] }, share)
            var exhausted: Set<String> = []
            for value in round {
                guard let next = try next(of: Self.tiers(groups[value] ?? []), wanted: share) else {
                    exhausted.insert(value)
                    continue
                }
                chosen.append(next)
                cache.turns.took(value, key)
            }
            let rest = values.dropFirst(round.count)
            values = rest + round.filter { !exhausted.contains($0) }
        }
        return chosen
    }
}
