package import LonghaulCore
import LonghaulJSON

/// The bounds, rate limits and settings of queues.
extension StoreTransaction {
    /// Throws `system_busy` if a queue has no room for a further job of this state.
    package func checkRoom(for state: JobState, in queue: String) throws {
        let limits = limits
        try checkQueueCount(adding: queue, limits)
        let settings = settings(of: queue)
        if state == .pending {
            // The number of all jobs comes first. A driver may lock for it, and servers must lock in the same order.
            let all = try limits.maxDepth.map { (count: try pendingCount(near: $0), limit: $0) }
            if let bound = settings.maxDepth {
                let depth = try count(.pending, in: queue, near: bound)
                if depth >= bound {
                    throw LonghaulError.busy(.depth(queue: queue), count: depth, limit: bound)
                }
            }
            if let all, all.count >= all.limit {
                throw LonghaulError.busy(.system, count: all.count, limit: all.limit)
            }
        } else if state.isWaiting, let bound = settings.maxWaiting {
            let count = try count(.waiting, in: queue, near: bound)
            if count >= bound { throw LonghaulError.busy(.waiting(queue: queue), count: count, limit: bound) }
        }
    }

    /// Throws if a new queue would exceed the maximum number of queues.
    private func checkQueueCount(adding queue: String, _ limits: StoreLimits) throws {
        guard let bound = limits.maxQueues, !hasQueue(queue) else { return }
        let count = queueCount
        if count >= bound { throw LonghaulError.busy(.queues, count: count, limit: bound) }
    }

    /// The number of further jobs of a queue that may be leased.
    package func room(in queue: String) throws -> Int {
        let settings = settings(of: queue)
        guard !settings.paused else { return 0 }
        var room = Int.max
        if let bound = settings.maxConcurrency {
            room = bound - (try count(.processing, in: queue, near: nil))
        }
        if let limit = settings.rateLimit, let bucket = try bucket(of: queue) {
            room = min(room, bucket.available(under: limit, at: now))
        }
        return max(0, room)
    }

    /// Takes a token of a queue's rate limit for a job that starts.
    func consumeToken(of queue: String) throws {
        guard let limit = settings(of: queue).rateLimit, var bucket = try bucket(of: queue) else { return }
        bucket.take(under: limit, at: now)
        try update(bucket, of: queue)
    }

    /// Changes the settings of a queue.
    package func setQueue(
        _ name: String, _ settings: QueueSettings, by source: AuditSource? = nil
    ) throws -> QueueRecord {
        try checkQueueCount(adding: name, limits)
        let old = try queue(name)
        var queue = old ?? QueueState()
        queue.set(settings, at: now)
        try update(queue, name)
        try recordSettings(
            settings, of: name, replacing: old.flatMap { $0.isDeleted ? nil : $0.settings }, source)
        return queue.record(name)
    }

    private func recordSettings(
        _ settings: QueueSettings, of name: String, replacing old: QueueSettings?, _ source: AuditSource?
    ) throws {
        guard settings != old else { return }
        var action = AuditAction.setQueue
        if var same = old, same.paused != settings.paused {
            same.paused = settings.paused
            if same == settings { action = settings.paused ? .pauseQueue : .resumeQueue }
        }
        try record(
            action, of: [name], by: source, before: old.map { JSONText(writing: $0) },
            after: JSONText(writing: settings))
    }

    /// Deletes a queue that has no jobs but ended ones; returns whether it existed.
    package func deleteQueue(_ name: String, by source: AuditSource? = nil) throws -> Bool {
        guard var queue = try queue(name), !queue.isDeleted else { return false }
        let record = queue.record(name)
        let running = record.counts[.processing] ?? 0
        guard record.unstarted == 0, running == 0 else {
            throw LonghaulError.queueInUse(name, unstarted: record.unstarted, running: running)
        }
        let before = JSONText(writing: queue.settings)
        queue.delete(at: now)
        try update(queue, name)
        try self.record(.deleteQueue, of: [name], by: source, before: before)
        return true
    }
}
