public import LonghaulCore
import LonghaulStoreRules

/// Reading.
extension MemoryStore {
    /// The routing table.
    public func routing() async throws -> RoutingTable {
        try read().routing
    }

    /// The job; nil if there is none.
    public func job(_ id: JobID) async throws -> Job? {
        let tables = try read()
        return tables.rows[id].map { tables.family(of: $0.stored, $0.stored.row) }
    }

    /// The number of pending jobs of the same queue that come before a pending job.
    public func position(of id: JobID) async throws -> Int? {
        let tables = try read()
        guard let job = tables.rows[id]?.stored.row.job, job.state == .pending else { return nil }
        return tables.rows { other in
            other.state == .pending && other.row.job.spec.queue == job.spec.queue
                && (job.spec.priority, other.id) < (other.row.job.spec.priority, job.id)
        }.count
    }

    /// A page of jobs, newest first.
    public func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage {
        let (rows, next) = try page(filter, after: cursor, limit: limit)
        var jobs: [Job] = []
        var bytes = 0
        for row in rows {
            let job = reading.isSummary ? row.whole.summary : row.whole
            bytes += job.weight
            guard jobs.isEmpty || bytes <= reading.maxBytes else {
                return JobPage(jobs: jobs, next: jobs.last.map { JobCursor(after: $0.id) })
            }
            jobs.append(job)
        }
        return JobPage(jobs: jobs, next: next)
    }

    /// A page of identifiers, newest first.
    public func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage {
        let (rows, next) = try page(filter, after: cursor, limit: limit)
        return JobIDPage(ids: rows.map(\.id), next: next)
    }

    private func page(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int
    ) throws -> (rows: [StoredJob], next: JobCursor?) {
        let fitting = try read().rows { stored in
            (cursor.map { stored.id < $0.after } ?? true) && filter.fits(stored.row.job)
                && stored.fits(errorOf: filter)
        }.reversed()
        let rows = Array(fitting.prefix(limit))
        return (rows, fitting.count > limit ? rows.last.map { JobCursor(after: $0.id) } : nil)
    }

    /// The changes of a job after a version.
    public func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]? {
        guard let stored = try read().rows[id]?.stored else { return nil }
        return try stored.row.history.changes(
            of: stored.row.job, afterVersion: version, faults: stored.faults)
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

    /// The queues after a name.
    public func queues(after name: String?, limit: Int) async throws -> [QueueRecord] {
        Array(try await queues().filter { $0.name > name ?? "" }.prefix(limit))
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
            let job = stored.row.job
            guard job.state == .pending, job.spec.queue == queue, job.runAt < moment else { return false }
            return id.map { $0 < job.id } ?? true
        }
        return due.prefix(limit).map { stored in
            let job = stored.row.job
            return QueueEntry(
                id: job.id, queue: queue, kind: job.spec.kind, priority: job.spec.priority,
                labels: job.spec.labels)
        }
    }

    /// The workers seen in the last day, the latest first.
    public func workers() async throws -> [WorkerRecord] {
        let tables = try read()
        let horizon = database.time.now().adding(seconds: -WorkerSigns.memory)
        return tables.workers.values.filter { $0.lastSeenAt >= horizon }
            .sorted { ($1.lastSeenAt, $0.info.id) < ($0.lastSeenAt, $1.info.id) }
            .map { record in
                var record = record
                record.running = tables.rows {
                    $0.state == .processing && $0.row.job.worker?.id == record.info.id
                }
                .map(\.id)
                return record
            }
    }

    /// The workers that hold leases.
    public func busyWorkers() async throws -> [WorkerRecord] {
        try await workers().filter { !$0.running.isEmpty }
    }

    /// Which of these attempts still own their artifacts.
    public func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> Set<ArtifactFolder> {
        let tables = try read()
        return Set(
            attempts.filter { attempt in
                guard let row = tables.rows[attempt.jobID]?.stored.row, row.fence == attempt.fence else {
                    return false
                }
                return row.job.state == .processing || row.job.state == .completed
            })
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
