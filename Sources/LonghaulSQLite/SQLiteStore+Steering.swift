public import LonghaulCore

/// Steering, reading and upkeep.
extension SQLiteStore {
    public func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await writeEach(ids) { try $0.cancel($1) }
    }

    public func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await writeEach(ids) { try $0.retry($1) }
    }

    public func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>] {
        await writeEach(ids) { try $0.delete($1) }
    }

    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord {
        try await write { $0.setQueue(name, settings) }
    }

    public func maintain(limit: Int) async throws -> Upkeep {
        try await write { try $0.maintain(limit: limit) }
    }

    public func job(_ id: JobID) async throws -> Job? {
        try await read { try $0.job(id) }
    }

    public func position(of id: JobID) async throws -> Int? {
        try await read { try $0.position(of: id) }
    }

    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobPage {
        try await read { try JobList(loader: $0, filter: filter).page(after: cursor, limit: limit) }
    }

    public func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]? {
        try await read { try $0.history(id, afterVersion: version) }
    }

    public func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]? {
        try await read { try $0.logs(id, after: number, limit: limit) }
    }

    public func queues() async throws -> [QueueRecord] {
        try await read { try $0.queues() }
    }

    public func queue(_ name: String) async throws -> QueueRecord? {
        try await read { try $0.queue(name) }
    }

    public func workers() async throws -> [WorkerRecord] {
        let records = writer.workers.records
        let horizon = time.now().adding(seconds: -WorkerRegistry.memory)
        return try await read { try $0.workers(records, since: horizon) }
    }

    public func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> Set<ArtifactFolder> {
        try await read { try $0.owners(attempts) }
    }
}
