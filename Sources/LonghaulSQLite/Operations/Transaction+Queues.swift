import LonghaulCore
import LonghaulStore

/// Counts and settings of queues.
extension Transaction {
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        queues.change(spec.queue) { $0.count(spec, from: previous, to: state, at: now) }
    }

    func settings(of queue: String) -> QueueSettings {
        queues[queue]?.settings ?? QueueSettings()
    }

    func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) -> Int {
        queues[queue]?.counts.count(of: jobs) ?? 0
    }

    func pendingCount(near bound: Int) -> Int { queues.pending }

    func hasQueue(_ name: String) -> Bool { queues[name] != nil }

    var queueCount: Int { queues.count }

    func bucket(of queue: String) -> TokenBucket? { queues[queue]?.bucket }

    func update(_ bucket: TokenBucket, of queue: String) {
        queues.change(queue) { $0.bucket = bucket }
    }

    func queue(_ name: String) -> QueueState? { queues[name] }

    func update(_ queue: QueueState, _ name: String) {
        if queue.settings.partitionBy != settings(of: name).partitionBy { queues.sortingPlaces[name] = nil }
        if queue.isDeleted, queue.counts.isEmpty {
            queues.remove(name)
        } else {
            queues.change(name) { $0 = queue }
        }
    }

    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) -> [String] {
        let names = queues.unused(since: moment, except: kept, limit: 1000)
        for name in names { queues.remove(name) }
        return names
    }

    private static let removeRules = Query("DELETE FROM routing_rules")
    private static let insertRule = RoutingTable.Rule.insertion(into: "routing_rules", key: "number")

    func replaceRouting(_ table: RoutingTable) throws {
        try connection.run(Self.removeRules)
        for (number, rule) in table.rules.enumerated() {
            try connection.run(Self.insertRule, [.int(number)] + rule.values)
        }
    }
}
