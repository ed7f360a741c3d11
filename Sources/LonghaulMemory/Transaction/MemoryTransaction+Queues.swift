package import LonghaulCore
package import LonghaulStore

/// Queues, workers, keys and schedules.
extension MemoryTransaction {
    package func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        if let previous { tables.queues[spec.queue, default: .init()].counts[previous, default: 0] -= 1 }
        if let state { tables.queues[spec.queue, default: .init()].counts[state, default: 0] += 1 }
        tables.queues[spec.queue]?.usedAt = now
        if let state, !state.isFinal { tables.queues[spec.queue]?.isDeleted = false }
    }

    package func checkRoom(for state: JobState, in name: String) throws {
        try checkQueueCount(adding: name)
        let queue = tables.queues[name] ?? Tables.Queue()
        if state == .pending {
            if let bound = queue.settings.maxDepth, queue[.pending] >= bound {
                throw LonghaulError.busy(.depth(queue: name), count: queue[.pending], limit: bound)
            }
            let all = tables.queues.values.reduce(0) { $0 + $1[.pending] }
            if let bound = limits.maxDepth, all >= bound {
                throw LonghaulError.busy(.system, count: all, limit: bound)
            }
        } else if state.isWaiting, let bound = queue.settings.maxWaiting, queue.waiting >= bound {
            throw LonghaulError.busy(.waiting(queue: name), count: queue.waiting, limit: bound)
        }
    }

    package func room(in queue: String) -> Int { tables.queues[queue]?.room(at: now) ?? 0 }

    package func consumeToken(of queue: String) {
        guard let limit = tables.queues[queue]?.settings.rateLimit else { return }
        tables.queues[queue]?.bucket?.take(under: limit, at: now)
    }

    /// Throws if a new queue would exceed the maximum number of queues.
    private func checkQueueCount(adding name: String) throws {
        guard let bound = limits.maxQueues, tables.queues[name] == nil, tables.queues.count >= bound else {
            return
        }
        throw LonghaulError.busy(.queues, count: tables.queues.count, limit: bound)
    }

    package func deleteQueue(_ name: String) throws -> Bool {
        guard let queue = tables.queues[name], !queue.isDeleted else { return false }
        let record = queue.record(name)
        let running = record.counts[.processing] ?? 0
        guard record.unstarted == 0, running == 0 else {
            throw LonghaulError.queueInUse(name, unstarted: record.unstarted, running: running)
        }
        tables.queues[name] =
            record.counts.isEmpty ? nil : Tables.Queue(counts: queue.counts, isDeleted: true)
        return true
    }

    package func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) -> [String] {
        let names = tables.queues.filter { name, queue in
            guard queue.counts.allSatisfy({ $0.value == 0 }) else { return false }
            return queue.isDeleted
                || queue.settings == QueueSettings() && queue.usedAt < moment && !kept.contains(name)
        }.keys.sorted()
        for name in names { tables.queues[name] = nil }
        return names
    }

    package func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        try checkQueueCount(adding: name)
        var queue = tables.queues[name] ?? Tables.Queue()
        queue.settings = settings
        if let limit = settings.rateLimit {
            if queue.bucket == nil { queue.bucket = TokenBucket(full: limit, at: now) }
        } else {
            queue.bucket = nil
        }
        queue.usedAt = now
        queue.isDeleted = false
        tables.queues[name] = queue
        return queue.record(name)
    }

    // MARK: Workers

    package func recordPoll(_ request: LeaseRequest) {
        let known = tables.workers[request.worker.id]
        tables.workers[request.worker.id] = WorkerRecord(
            info: request.worker, queues: request.queues, kinds: request.kinds,
            leaseSeconds: request.leaseSeconds, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now)
    }

    package func recordHeartbeat(of worker: String) {
        tables.workers[worker]?.lastSeenAt = now
    }

    package func deleteWorker(_ id: String) -> Bool {
        tables.workers.removeValue(forKey: id) != nil
    }

    // MARK: Keys and schedules

    package func prefetch(keys: [SubmissionKey]) {}

    package func storedKey(_ key: SubmissionKey) -> StoredKey? { tables.keys[key.digest] }

    package func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) {
        tables.keys[key.digest] = stored
    }

    package func schedule(_ name: String) -> ScheduleRecord? { tables.schedules[name] }

    package func upsert(_ record: ScheduleRecord) { tables.schedules[record.name] = record }

    package func deleteSchedule(_ name: String) -> Bool {
        tables.schedules.removeValue(forKey: name) != nil
    }

    package func setRouting(_ table: RoutingTable) { tables.routing = table }

    package func recordSamples(_ samples: [QueueSample], deletingBefore horizon: Timestamp) {
        for sample in samples {
            if tables.samples[sample.place]?.merge(sample) == nil { tables.samples[sample.place] = sample }
        }
        tables.samples = tables.samples.filter { $0.key.at >= horizon }
    }
}
