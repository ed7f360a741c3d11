public import LonghaulCore

/// Queues, their settings, the routing table, and workers.
extension Engine {
    /// At most `limit` queues after a name, by name.
    public func queues(after name: String? = nil, limit: Int) async throws -> [QueueStatus] {
        let records = try await store.queues(after: name, limit: limit)
        let workers = try await store.busyWorkers()
        let now = time.now()
        return records.map { status(of: $0, workers: workers, at: now) }
    }

    /// One queue.
    ///
    /// - Throws: ``LonghaulError`` `not_found` if it has never been used.
    public func queue(_ name: String) async throws -> QueueStatus {
        guard let record = try await store.queue(name) else {
            throw LonghaulError.noQueue(name)
        }
        return status(of: record, workers: try await store.busyWorkers(), at: time.now())
    }

    /// Sets the settings of a queue. Creates the queue if it does not exist.
    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueStatus {
        guard QueueSettings.isName(name) else {
            throw LonghaulError(
                .invalidRequest, "the name of a queue must have 1 to 100 characters of A-Z a-z 0-9 . _ -")
        }
        let record = try await store.setQueue(name, settings)
        settingsCache.set(name, settings)
        apply(name, settings)
        settingsWatch.readAgain()
        return status(of: record, workers: try await store.busyWorkers(), at: time.now())
    }

    /// The maximum number of jobs that one transaction of a purge cancels.
    private static let purgeBatchSize = 200

    /// Deletes a queue and its settings. Its ended jobs stay until their retention is over.
    ///
    /// - Parameter purge: whether to cancel the jobs that have not started first. The call uses several transactions. If
    ///   it fails in between, the same call cancels the other jobs.
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if jobs are running, or if jobs have not started and `purge`
    ///   is false.
    public func deleteQueue(_ name: String, purge: Bool = false) async throws {
        if purge, let record = try await store.queue(name) {
            // A queue with running jobs cannot be deleted, so its waiting jobs are not cancelled.
            let running = record.counts[.processing] ?? 0
            guard running == 0 else {
                throw LonghaulError.queueInUse(name, unstarted: record.unstarted, running: running)
            }
            if record.unstarted > 0 { try await cancelWaiting(in: name) }
        }
        guard try await store.deleteQueue(name) else { throw LonghaulError.noQueue(name) }
        forget([name])
        settingsWatch.readAgain()
    }

    /// Cancels the jobs of a queue that have not started.
    private func cancelWaiting(in name: String) async throws {
        var filter = JobFilter()
        filter.queue = name
        filter.states = JobState.allCases.filter { !$0.isFinal && $0 != .processing }
        var cursor: JobCursor?
        repeat {
            let page = try await store.jobIDs(filter, after: cursor, limit: Self.purgeBatchSize)
            for answer in await store.purge(name, page.ids) {
                // The job may have started, ended or been deleted in between. Any other error ends the call.
                if case .failure(let error) = answer, error.code != .conflict, error.code != .notFound {
                    throw error
                }
            }
            cursor = page.next
        } while cursor != nil
    }

    /// Drops the state that this process keeps for removed queues.
    func forget(_ names: [String]) {
        settingsCache.remove(names)
        dropState(of: names)
    }

    /// Drops the state of removed queues besides their settings.
    private func dropState(of names: [String]) {
        meter.forget(names)
        queue.forget(names)
        for name in names { rateWaker.set(name, QueueSettings()) }
        let now = time.now()
        meter.prune(at: now)
        deadLetterWatch.prune(at: now)
    }

    /// Makes the components of this engine use the settings of a queue.
    private func apply(_ name: String, _ settings: QueueSettings) {
        rateWaker.set(name, settings)
        // The new settings may change the order of its pending jobs.
        maintenance.plan(time.now())
        // The change may raise a bound or resume the queue, so waiting workers check the store.
        queue.wake(QueueInterest(queues: [name], kinds: []))
    }

    /// Makes the components of this engine use the settings that another server may have changed.
    func apply(_ difference: QueueSettingsCache.Difference) {
        for (name, settings) in difference.changed { apply(name, settings) }
        if !difference.removed.isEmpty { dropState(of: difference.removed) }
        // The other server may also have changed a schedule.
        scheduler.plan(time.now())
        maintenance.plan(time.now())
    }

    /// Pauses or resumes a queue. Workers get no jobs from a paused queue; submissions are accepted.
    ///
    /// - Throws: ``LonghaulError`` `not_found` if it has never been used.
    public func pauseQueue(_ name: String, _ paused: Bool) async throws -> QueueStatus {
        var settings = try await queue(name).record.settings
        settings.paused = paused
        return try await setQueue(name, settings)
    }

    /// The routing table.
    public func routing() async throws -> RoutingTable {
        try await store.routing()
    }

    /// Replaces the routing table, which applies to later submissions.
    public func setRouting(_ table: RoutingTable) async throws -> RoutingTable {
        try await store.setRouting(table)
        settingsCache.set(table)
        settingsWatch.readAgain()
        return table
    }

    private func status(of record: QueueRecord, workers: [WorkerRecord], at now: Timestamp) -> QueueStatus {
        QueueStatus(
            record: record, rates: meter.rates(of: record.name, at: now),
            busyWorkers: workers.count { $0.queues.contains(record.name) },
            oldestPendingSeconds: record.oldestPendingAt.map { max(0, now.seconds(since: $0)) },
            throttledUntil: record.throttledUntil(at: now))
    }

    /// The workers that were seen in the last day, the most recent first.
    public func workers() async throws -> [WorkerRecord] {
        try await store.workers()
    }
}
