package import LonghaulCore
package import LonghaulStore

/// Reads the tables of a database as they stood at one moment.
package struct MemoryReader: StoreReader {
    let tables: Tables
    let clock: LeaseClock

    package func checkReady() {}

    package func held(by token: LeaseToken) throws -> JobRow {
        guard let row = tables.rows[token.jobID]?.stored.row, row.isHeld(by: token, at: clock) else {
            throw LonghaulError.leaseLost
        }
        return row
    }

    package func held(by worker: String) -> [LeaseToken] {
        tables.rows { $0.state == .processing && $0.row.job.worker?.id == worker }
            .map { LeaseToken(jobID: $0.id, fence: $0.row.fence, secret: $0.row.secret) }
    }

    package func artifactUsage(of row: JobRow, besides name: String) -> AttachmentUsage {
        tables.rows[row.job.id]?.stored.artifactUsage(besides: name) ?? AttachmentUsage()
    }

    package func families(of outcomes: [SubmitOutcome]) throws -> [SubmitOutcome] {
        try tables.families(of: outcomes)
    }

    package func routing() -> RoutingTable {
        tables.routing
    }

    package func job(_ id: JobID) throws -> Job? {
        try tables.rows[id].map { try tables.family(of: $0.stored, $0.stored.row) }
    }

    package func position(of id: JobID) -> Int? {
        guard let job = tables.rows[id]?.stored.row.job, job.state == .pending else { return nil }
        return tables.rows { other in
            other.state == .pending && other.row.job.spec.queue == job.spec.queue
                && (job.spec.priority, other.id) < (other.row.job.spec.priority, job.id)
        }.count
    }

    package func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) -> JobPage {
        let (rows, next) = page(filter, after: cursor, limit: limit)
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

    package func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) -> JobIDPage {
        let (rows, next) = page(filter, after: cursor, limit: limit)
        return JobIDPage(ids: rows.map(\.id), next: next)
    }

    private func page(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int
    ) -> (rows: [StoredJob], next: JobCursor?) {
        let fitting = tables.rows { stored in
            (cursor.map { stored.id < $0.after } ?? true) && filter.matches(stored.row.job)
                && stored.fits(errorOf: filter)
        }.reversed()
        let rows = Array(fitting.prefix(limit))
        return (rows, fitting.count > limit ? rows.last.map { JobCursor(after: $0.id) } : nil)
    }

    package func history(_ id: JobID, afterVersion version: Int) throws -> [JobChange]? {
        guard let stored = tables.rows[id]?.stored else { return nil }
        return try stored.row.history.changes(
            of: stored.row.job, afterVersion: version, faults: stored.faults)
    }

    package func logs(_ id: JobID, after number: Int64, limit: Int) -> [StoredLogLine]? {
        let lines = tables.rows[id]?.stored.logs
        return lines.map { Array($0.filter { $0.number > number }.prefix(limit)) }
    }

    package func queues() -> [QueueRecord] {
        tables.queues.keys.sorted().compactMap(tables.record)
    }

    package func queues(after name: String?, limit: Int) -> [QueueRecord] {
        Array(queues().filter { $0.name > name ?? "" }.prefix(limit))
    }

    package func queue(_ name: String) -> QueueRecord? {
        tables.record(name)
    }

    package func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) -> [QueueEntry] {
        let due = tables.rows { stored in
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

    package func workers() -> [WorkerRecord] {
        WorkerRecord.shown(tables.workers.values, at: clock.now).map { record in
            var record = record
            record.running = tables.rows {
                $0.state == .processing && $0.row.job.worker?.id == record.info.id
            }
            .map(\.id)
            return record
        }
    }

    package func artifactOwners(_ attempts: [ArtifactFolder]) -> [ArtifactFolder: ArtifactOwner] {
        var owners: [ArtifactFolder: ArtifactOwner] = [:]
        for attempt in attempts {
            guard let stored = tables.rows[attempt.jobID]?.stored else { continue }
            owners[attempt] = stored.row.owner(of: attempt) { stored.artifactNames }
        }
        return owners
    }
}
