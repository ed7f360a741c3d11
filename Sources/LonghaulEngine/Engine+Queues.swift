public import LonghaulCore

/// Queues, their settings and the routing table, and workers.
extension Engine {
    /// The queues after a name, in the order of their names; at most `limit`.
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

    /// Sets a queue's bounds; makes the queue if it is new.
    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueStatus {
        guard QueueSettings.isName(name) else {
            throw LonghaulError(
                .invalidRequest, "a queue's name has 1 to 100 characters of A-Z a-z 0-9 . _ -")
        }
        let record = try await store.setQueue(name, settings)
        adopt(name, settings)
        return status(of: record, workers: try await store.busyWorkers(), at: time.now())
    }

    /// How many jobs one transaction of a purge cancels.
    private static let purgesAtOnce = 200

    /// Deletes a queue and its settings. Its ended jobs stay until their retention is over.
    ///
    /// - Parameter purge: whether the call first cancels the jobs that have not started, in many transactions. If it
    ///   fails, the same call cancels the jobs that are left.
    /// - Throws: ``LonghaulError``: `not_found`; `conflict` if jobs are running, or if jobs have not started and `purge`
    ///   is false.
    public func deleteQueue(_ name: String, purge: Bool = false) async throws {
        if purge, let record = try await store.queue(name) {
            // Nothing is cancelled in a queue that cannot be deleted.
            let running = record.counts[.processing] ?? 0
            guard running == 0 else {
                throw LonghaulError.queueInUse(name, unstarted: record.unstarted, running: running)
            }
            if record.unstarted > 0 { try await cancelWaiting(in: name) }
        }
        guard try await store.deleteQueue(name) else { throw LonghaulError.noQueue(name) }
        forget([name])
    }

    /// Cancels the jobs of a queue that have not started.
    private func cancelWaiting(in name: String) async throws {
        var filter = JobFilter()
        filter.queue = name
        filter.states = JobState.allCases.filter { !$0.isFinal && $0 != .processing }
        var cursor: JobCursor?
        repeat {
            let page = try await store.jobIDs(filter, after: cursor, limit: Self.purgesAtOnce)
            for answer in await store.cancel(page.ids) {
                // A job that has started, ended or gone in between is an answer; anything else is a fault.
                if case .failure(let error) = answer, error.code != .conflict, error.code != .notFound {
                    throw error
                }
            }
            cursor = page.next
        } while cursor != nil
    }

    /// Drops the state that this process keeps for removed queues.
    func forget(_ names: [String]) {
        book.forget(names)
        meter.forget(names)
        queue.forget(names)
        for name in names { rateWaker.set(name, QueueSettings()) }
        let now = time.now()
        meter.prune(at: now)
        deadLetterWatch.prune(at: now)
    }

    private func adopt(_ name: String, _ settings: QueueSettings) {
        book.set(name, settings)
        rateWaker.set(name, settings)
        // The new settings may change the order of its pending jobs.
        maintenance.plan(time.now())
        // The change may raise a bound or resume the queue, so waiting workers check the store.
        queue.wake(QueueInterest(queues: [name], kinds: []))
    }

    /// Goes by what another server has set.
    func adopt(_ records: [QueueRecord], _ table: RoutingTable) {
        for record in records where book.settings(of: record.name) != record.settings {
            adopt(record.name, record.settings)
        }
        // Another server may have removed queues.
        let gone = book.names.subtracting(records.map(\.name))
        if !gone.isEmpty { forget(gone.sorted()) }
        book.set(table)
        // A schedule may have been set as well.
        scheduler.plan(time.now())
        maintenance.plan(time.now())
    }

    /// Stops or resumes giving out the jobs of a queue.
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

    /// Replaces the routing table. Submissions that come after it follow it.
    public func setRouting(_ table: RoutingTable) async throws -> RoutingTable {
        try await store.setRouting(table)
        book.set(table)
        return table
    }

    private func status(of record: QueueRecord, workers: [WorkerRecord], at now: Timestamp) -> QueueStatus {
        QueueStatus(
            record: record, rates: meter.rates(of: record.name, at: now),
            busyWorkers: workers.count { $0.queues.contains(record.name) },
            oldestPendingSeconds: record.oldestPendingAt.map { max(0, now.seconds(since: $0)) },
            throttledUntil: record.throttledUntil(at: now))
    }

    /// The workers seen in the last day, most recent first.
    public func workers() async throws -> [WorkerRecord] {
        try await store.workers()
    }
}
