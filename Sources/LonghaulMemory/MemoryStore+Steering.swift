public import LonghaulCore

/// Steering, reading and upkeep.
extension MemoryStore {
    /// Cancels jobs that have not ended.
    public func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        writeEach(ids) { transaction, id throws(LonghaulError) in try transaction.cancel(id) }
    }

    /// Cancels descendants of a job that have not ended.
    public func cancelDescendants(of id: JobID, limit: Int) async throws -> Int {
        try write { transaction throws(LonghaulError) in
            try transaction.cancelDescendants(of: id, limit: limit)
        }
    }

    /// Makes ended or waiting jobs pending again, their attempts counted afresh.
    public func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        writeEach(ids) { transaction, id throws(LonghaulError) in try transaction.retry(id) }
    }

    /// Removes ended jobs with all that is kept of them.
    public func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>] {
        writeEach(ids) { transaction, id throws(LonghaulError) in try transaction.delete(id) }
    }

    /// Sets a queue's bounds.
    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord {
        try write { $0.setQueue(name, settings) }
    }

    /// Replaces the routing table.
    public func setRouting(_ table: RoutingTable) async throws {
        try write { $0.tables.routing = table }
    }

    /// The routing table.
    public func routing() async throws -> RoutingTable {
        try read().routing
    }

    /// Does what the clock asks for.
    public func maintain(limit: Int) async throws -> Upkeep {
        if database.flaw == .blindReaper { return try await maintainUnseen(limit: limit) }
        return try write { $0.maintain(limit: limit) }
    }

    /// The job; nil if there is none.
    public func job(_ id: JobID) async throws -> Job? {
        let tables = try read()
        return tables.rows[id].map { tables.family(of: $0.stored) }
    }

    /// How many pending jobs of its queue stand before a pending job.
    public func position(of id: JobID) async throws -> Int? {
        let tables = try read()
        guard let job = tables.rows[id]?.stored.job, job.state == .pending else { return nil }
        return tables.rows { other in
            other.job.state == .pending && other.job.spec.queue == job.spec.queue
                && (job.spec.priority, other.job.id) < (other.job.spec.priority, job.id)
        }.count
    }

    /// A page of jobs, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobPage {
        let (rows, next) = try page(filter, after: cursor, limit: limit)
        return JobPage(jobs: rows.map(\.whole), next: next)
    }

    /// A page of identifiers, newest first.
    public func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage {
        let (rows, next) = try page(filter, after: cursor, limit: limit)
        return JobIDPage(ids: rows.map(\.job.id), next: next)
    }

    private func page(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int
    ) throws -> (rows: [StoredJob], next: JobCursor?) {
        let fitting = try read().rows { row in
            (cursor.map { row.job.id < $0.after } ?? true) && filter.fits(row.job)
                && row.fits(errorOf: filter)
        }.reversed()
        let rows = Array(fitting.prefix(limit))
        return (rows, fitting.count > limit ? rows.last.map { JobCursor(after: $0.job.id) } : nil)
    }

    /// What happened to a job since a version.
    public func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]? {
        try read().rows[id]?.stored.history.filter { $0.version > version }
    }

    /// A job's log lines after a number.
    public func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]? {
        let lines = try read().rows[id]?.stored.logs
        return lines.map { Array($0.filter { $0.number > number }.prefix(limit)) }
    }

    /// Every queue that has been used, by name.
    public func queues() async throws -> [QueueRecord] {
        let tables = try read()
        return tables.queues.keys.sorted().compactMap(tables.record)
    }

    /// One queue; nil if it has never been used.
    public func queue(_ name: String) async throws -> QueueRecord? {
        try read().record(name)
    }

    /// Pending jobs that became due before a moment.
    public func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) async throws -> [QueueEntry] {
        let due = try read().rows { stored in
            let job = stored.job
            guard job.state == .pending, job.spec.queue == queue, job.runAt < moment else { return false }
            return id.map { $0 < job.id } ?? true
        }
        return due.prefix(limit).map { stored in
            let job = stored.job
            return QueueEntry(
                id: job.id, queue: queue, kind: job.spec.kind, priority: job.spec.priority,
                labels: job.spec.labels)
        }
    }

    /// The workers heard of in the last day, the latest first.
    public func workers() async throws -> [WorkerRecord] {
        let tables = try read()
        let horizon = database.time.now().adding(seconds: -Transaction.workerMemory)
        return tables.workers.values.filter { $0.lastSeenAt >= horizon }
            .sorted { ($1.lastSeenAt, $0.info.id) < ($0.lastSeenAt, $1.info.id) }
            .map { record in
                var record = record
                record.running = tables.rows {
                    $0.leaseExpiresAt != nil && $0.job.worker?.id == record.info.id
                }
                .map(\.job.id)
                return record
            }
    }

    /// Which of these attempts still own their artifacts.
    public func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> Set<ArtifactFolder> {
        let tables = try read()
        return Set(
            attempts.filter { attempt in
                guard let row = tables.rows[attempt.jobID]?.stored, row.fence == attempt.fence else {
                    return false
                }
                return row.job.state == .processing || row.job.state == .completed
            })
    }
}

extension Tables {
    /// The facts of a queue; nil if it has never been used.
    fileprivate func record(_ name: String) -> QueueRecord? {
        guard var record = queues[name]?.record(name) else { return nil }
        record.oldestPendingAt = rows.values.lazy
            .filter { $0.stored.job.state == .pending && $0.stored.job.spec.queue == name }
            .map(\.stored.job.runAt).min()
        return record
    }
}

extension JobFilter {
    fileprivate func fits(_ job: Job) -> Bool {
        if !states.isEmpty, !states.contains(job.state) { return false }
        if let queue, job.spec.queue != queue { return false }
        if let kind, job.spec.kind != kind { return false }
        if let parentID, job.parentID != parentID { return false }
        if let dependencyID, !job.dependsOn.contains(dependencyID) { return false }
        if let actor, job.spec.actor != actor { return false }
        if let createdAfter, job.createdAt < createdAfter { return false }
        if let createdBefore, job.createdAt >= createdBefore { return false }
        return tags.allSatisfy { job.spec.tags[$0.key] == $0.value }
    }
}
