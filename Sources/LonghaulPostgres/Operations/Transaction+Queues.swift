import LonghaulCore
import LonghaulStore

/// Limits and settings of queues.
extension Transaction {
    func checkRoom(for state: JobState, in queue: String) throws {
        try checkQueueCount(adding: queue)
        let settings = cache.settings(of: queue)
        if state == .pending {
            if let bound = limits.maxDepth {
                let count = try pendingInAll(below: bound)
                // The global lock comes first, so that servers cannot deadlock.
                if count >= bound { throw LonghaulError.busy(.system, count: count, limit: bound) }
            }
            guard let bound = settings.maxDepth else { return }
            let depth = try count(in: queue, below: bound) { $0[JobState.pending.code] }
            if depth >= bound { throw LonghaulError.busy(.depth(queue: queue), count: depth, limit: bound) }
        } else if state.isWaiting, let bound = settings.maxWaiting {
            let count = try count(in: queue, below: bound) { counts in
                JobState.byCode.reduce(0) { $0 + ($1.isWaiting ? counts[$1.code] : 0) }
            }
            if count >= bound { throw LonghaulError.busy(.waiting(queue: queue), count: count, limit: bound) }
        }
    }

    /// Compares a count with a limit. The count is exact near the limit.
    private func count(in queue: String, below bound: Int, _ count: ([Int]) -> Int) throws -> Int {
        if bound >= Self.roomyBound {
            let estimate = count(try estimatedCounts(of: queue))
            if estimate < bound / 2 { return estimate }
        }
        return count(try exactCounts(of: queue))
    }

    func room(in queue: String) throws -> Int {
        let settings = cache.settings(of: queue)
        guard !settings.paused else { return 0 }
        var room = Int.max
        if let bound = settings.maxConcurrency {
            room = bound - (try exactCounts(of: queue)[JobState.processing.code])
        }
        if let limit = settings.rateLimit, let bucket = try bucket(of: queue) {
            room = min(room, bucket.available(under: limit, at: now))
        }
        return max(0, room)
    }

    /// Throws if a new queue would exceed the maximum number of queues. It uses the cache of this server, so several
    /// servers that add queues at the same moment can exceed the maximum.
    private func checkQueueCount(adding queue: String) throws {
        guard let bound = limits.maxQueues, !cache.isKnown(queue) else { return }
        let new = Set(differences.keys).union(newSettings.keys).filter { !cache.isKnown($0) }
        let count = cache.queueCount + new.count
        guard !new.contains(queue), count >= bound else { return }
        throw LonghaulError.busy(.queues, count: count, limit: bound)
    }

    func deleteQueue(_ name: String) throws -> Bool {
        guard isShown(name) else { return false }
        let record = QueueCounts.record(name, QueueSettings(), try exactCounts(of: name), nil)
        let running = record.counts[.processing] ?? 0
        guard record.unstarted == 0, running == 0 else {
            throw LonghaulError.queueInUse(name, unstarted: record.unstarted, running: running)
        }
        newSettings[name] = NewSettings(
            settings: QueueSettings(), bucket: nil, isSorting: false, isDeleted: true)
        return true
    }

    /// Whether a queue exists and is not deleted, with the changes of this transaction.
    private func isShown(_ name: String) -> Bool {
        if let new = newSettings[name] { return !new.isDeleted }
        return cache.isKnown(name) && !cache.isDeleted(name) || hasUnendedWork(name)
    }

    func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        try checkQueueCount(adding: name)
        let counts = try exactCounts(of: name)
        let before = newSettings[name]?.settings ?? cache.settings(of: name)
        var bucket = try bucket(of: name)
        if let limit = settings.rateLimit {
            // A smaller burst needs no change: the bucket never counts more tokens than the burst.
            if bucket == nil { bucket = TokenBucket(full: limit, at: now) }
        } else {
            bucket = nil
        }
        let isSorting =
            settings.partitionBy == before.partitionBy
            ? cache.sorting[name] != nil : counts[JobState.pending.code] > 0
        newSettings[name] = NewSettings(settings: settings, bucket: bucket, isSorting: isSorting)
        return QueueCounts.record(name, settings, counts, bucket)
    }

    /// The rows are numbered again, so a lock makes servers that set the table at the same time wait for each other.
    private static let lockRules = Query("UPDATE longhaul.meta SET generation = generation")
    private static let removeRules = Query("DELETE FROM longhaul.routing_rules")
    private static let insertRule = Query(
        """
        INSERT INTO longhaul.routing_rules (number, kinds, labels, queue)
        VALUES ($1::bigint, $2::text, $3::text, $4::text)
        """)

    func setRouting(_ table: RoutingTable) {
        changedSettings = true
        writes += [Request(Self.lockRules), Request(Self.removeRules)]
        for (number, rule) in table.rules.enumerated() {
            writes.append(
                Request(
                    Self.insertRule, .int8(number), .text(TextCoding.encode(rule.kinds)),
                    .text(rule.labels.map { TextCoding.encode($0) }), .text(rule.queue)))
        }
    }

    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String] {
        try cache.sweepQueues(unusedSince: moment, except: kept, aside.use(), at: now)
    }

    func announceSettings() { changedSettings = true }
}
