package import LonghaulCore
package import LonghaulStore

/// Queues, workers, keys and schedules.
extension MemoryTransaction {
    package func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        tables.queues[spec.queue, default: QueueState()].count(spec, from: previous, to: state, at: now)
    }

    package func settings(of queue: String) -> QueueSettings {
        tables.queues[queue]?.settings ?? QueueSettings()
    }

    package func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) -> Int {
        tables.queues[queue]?.counts.count(of: jobs) ?? 0
    }

    package func pendingCount(near bound: Int) -> Int {
        tables.queues.values.reduce(0) { $0 + $1.counts[.pending] }
    }

    package func hasQueue(_ name: String) -> Bool { tables.queues[name] != nil }

    package var queueCount: Int { tables.queues.count }

    package func bucket(of queue: String) -> TokenBucket? { tables.queues[queue]?.bucket }

    package func update(_ bucket: TokenBucket, of queue: String) {
        tables.queues[queue]?.bucket = bucket
    }

    package func queue(_ name: String) -> QueueState? { tables.queues[name] }

    package func update(_ queue: QueueState, _ name: String) {
        tables.queues[name] = queue.isDeleted && queue.counts.isEmpty ? nil : queue
    }

    package func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) -> [String] {
        let names = tables.queues.filter { name, queue in
            queue.isUnused(since: moment, isKept: kept.contains(name))
        }.keys.sorted()
        for name in names { tables.queues[name] = nil }
        return names
    }

    // MARK: Workers

    package func upsert(_ worker: WorkerRecord) {
        let known = tables.workers[worker.info.id]
        tables.workers[worker.info.id] = worker
        if let known { tables.workers[worker.info.id]?.firstSeenAt = known.firstSeenAt }
    }

    package func updateLastSeen(ofWorker id: String) { tables.workers[id]?.lastSeenAt = now }

    package func removeWorker(_ id: String) -> Bool {
        tables.workers.removeValue(forKey: id) != nil
    }

    package func removeWorkers(before horizon: Timestamp, keeping maximum: Int) {
        let horizon = WorkerActivity.horizon(of: tables.workers, before: horizon, keeping: maximum)
        tables.workers = tables.workers.filter { $0.value.lastSeenAt >= horizon }
    }

    // MARK: Keys and schedules

    package func prefetch(keys: [SubmissionKey]) {}

    package func storedKey(_ key: SubmissionKey) -> StoredKey? { tables.keys[key.digest] }

    package func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) {
        tables.keys[key.digest] = stored
    }

    package func schedule(_ name: String) -> ScheduleRecord? { tables.schedules[name] }

    package func upsert(_ record: ScheduleRecord) { tables.schedules[record.name] = record }

    package func removeSchedule(_ name: String) -> Bool {
        tables.schedules.removeValue(forKey: name) != nil
    }

    package func replaceRouting(_ table: RoutingTable) { tables.routing = table }

    package func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) {
        for sample in samples {
            if tables.samples[sample.place]?.merge(sample) == nil { tables.samples[sample.place] = sample }
        }
        if let hour { mergeSamples(before: hour) }
        tables.samples = tables.samples.filter { $0.key.at >= horizon }
    }

    private func mergeSamples(before hour: Timestamp) {
        for (place, var sample) in tables.samples where place.at < hour {
            let offset = place.at.milliseconds % QueueSample.hourMilliseconds
            guard offset > 0 else { continue }
            tables.samples[place] = nil
            sample.at = Timestamp(milliseconds: place.at.milliseconds - offset)
            if tables.samples[sample.place]?.extend(by: sample) == nil {
                tables.samples[sample.place] = sample
            }
        }
    }
}
