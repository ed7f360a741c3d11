import LonghaulCore
import LonghaulStore

/// Counts and settings of queues.
extension Transaction {
    func settings(of queue: String) -> QueueSettings {
        (newQueues[queue] ?? cache.queue(queue))?.settings ?? QueueSettings()
    }

    /// The partition of a job by the current settings of its queue.
    func partition(of spec: JobSpec) -> String {
        (newQueues[spec.queue] ?? cache.queue(spec.queue))?.partition(of: spec) ?? ""
    }

    func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) throws -> Int {
        if let bound, bound >= Self.roomyBound {
            let estimate = try estimatedCounts(of: queue).count(of: jobs)
            if estimate < bound / 2 { return estimate }
        }
        return try exactCounts(of: queue).count(of: jobs)
    }

    func hasQueue(_ name: String) -> Bool {
        cache.queue(name) != nil || differences[name] != nil || newQueues[name] != nil
    }

    /// According to the cache of this server. Several servers that add queues at the same moment can exceed the maximum.
    var queueCount: Int {
        let new = Set(differences.keys).union(newQueues.keys).filter { cache.queue($0) == nil }
        return cache.queueCount + new.count
    }

    func queue(_ name: String) throws -> QueueState? {
        let counts = try exactCounts(of: name)
        guard hasQueue(name) || !counts.isEmpty else { return nil }
        var state = newQueues[name] ?? cache.queue(name) ?? QueueState()
        if newQueues[name] == nil, addsUnended(to: name) { state.isDeleted = false }
        state.counts = counts
        state.bucket = try bucket(of: name)
        return state
    }

    func update(_ queue: QueueState, _ name: String) {
        newQueues[name] = queue
        newBuckets[name] = nil
    }

    /// The rows are numbered again, so a lock makes servers that set the table at the same time wait for each other.
    private static let lockRules = Query("UPDATE longhaul.meta SET generation = generation")
    private static let removeRules = Query("DELETE FROM longhaul.routing_rules")
    private static let insertRule = Query(
        """
        INSERT INTO longhaul.routing_rules (\(RoutingTable.Rule.columnNames), number)
        VALUES (\(RoutingTable.Rule.placeholders), $\(RoutingTable.Rule.columns.count + 1)::bigint)
        """)

    func replaceRouting(_ table: RoutingTable) {
        writes += [Request(Self.lockRules), Request(Self.removeRules)]
        for (number, rule) in table.rules.enumerated() {
            writes.append(Request(Self.insertRule, rule.parameters + [.int8(number)]))
        }
    }

    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String] {
        try cache.sweepQueues(unusedSince: moment, except: kept, aside.use(), at: now)
    }

    func announceSettings() { changedSettings = true }
}
