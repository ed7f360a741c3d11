import LonghaulCore
import LonghaulStore

/// Counts, limits and settings of queues.
extension Transaction {
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        queues.change(spec.queue) { entry in
            if let previous { entry.count(previous, of: spec.priority, by: -1) }
            if let state { entry.count(state, of: spec.priority, by: 1) }
            entry.use(for: state, at: now)
        }
    }

    func checkRoom(for state: JobState, in queue: String) throws {
        try checkQueueCount(adding: queue)
        let entry = queues.entry(queue)
        if state == .pending {
            let depth = entry.counts[state.code]
            if let bound = entry.settings.maxDepth, depth >= bound {
                throw LonghaulError.busy(.depth(queue: queue), count: depth, limit: bound)
            }
            if let bound = limits.maxDepth, queues.pending >= bound {
                throw LonghaulError.busy(.system, count: queues.pending, limit: bound)
            }
        } else if state.isWaiting, let bound = entry.settings.maxWaiting, entry.waiting >= bound {
            throw LonghaulError.busy(.waiting(queue: queue), count: entry.waiting, limit: bound)
        }
    }

    func room(in queue: String) -> Int {
        queues.entry(queue).room(at: now)
    }

    func consumeToken(of queue: String) {
        guard queues.entry(queue).bucket != nil else { return }
        queues.change(queue) { $0.consumeToken(at: now) }
    }

    /// Throws if a new queue would exceed the maximum number of queues.
    private func checkQueueCount(adding queue: String) throws {
        guard let bound = limits.maxQueues, !queues.isKnown(queue), queues.count >= bound else { return }
        throw LonghaulError.busy(.queues, count: queues.count, limit: bound)
    }

    func deleteQueue(_ name: String) throws -> Bool {
        let entry = queues.entry(name)
        guard queues.isKnown(name), !entry.isDeleted else { return false }
        let record = entry.record(name)
        let running = record.counts[.processing] ?? 0
        guard record.unstarted == 0, running == 0 else {
            throw LonghaulError.queueInUse(name, unstarted: record.unstarted, running: running)
        }
        if entry.isEmpty { queues.remove(name) } else { queues.change(name) { $0.delete() } }
        return true
    }

    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) -> [String] {
        let names = queues.unused(since: moment, except: kept, limit: 1000)
        for name in names { queues.remove(name) }
        return names
    }

    func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        try checkQueueCount(adding: name)
        queues.change(name) { $0.set(settings, at: now) }
        return queues.entry(name).record(name)
    }

    private static let removeRules = Query("DELETE FROM routing_rules")
    private static let insertRule = Query(
        "INSERT INTO routing_rules (number, kinds, labels, queue) VALUES (?1, ?2, ?3, ?4)")

    func setRouting(_ table: RoutingTable) throws {
        try connection.run(Self.removeRules)
        for (number, rule) in table.rules.enumerated() {
            try connection.run(
                Self.insertRule, .int(number), .text(TextCoding.encode(rule.kinds)),
                .text(rule.labels.map { TextCoding.encode($0) }), .text(rule.queue))
        }
    }
}
