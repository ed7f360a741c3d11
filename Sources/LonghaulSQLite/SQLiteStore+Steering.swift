public import LonghaulCore
import LonghaulStoreRules

/// Steering, reading and upkeep.
extension SQLiteStore {
    /// Cancels jobs that have not ended.
    public func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await writeEach(ids) { try $0.cancel($1) }
    }

    /// Cancels descendants of a job that have not ended.
    public func cancelDescendants(of id: JobID, limit: Int) async throws -> Int {
        try await write(weight: limit) { try $0.cancelDescendants(of: id, limit: limit) }
    }

    /// Makes ended or waiting jobs pending again, their attempts counted afresh.
    public func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await writeEach(ids) { try $0.retry($1) }
    }

    /// Removes ended jobs with all that is kept of them.
    public func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>] {
        await writeEach(ids) { try $0.delete($1) }
    }

    /// Redrives or discards dead letters that fit what a filter says of their errors.
    public func settleDeadLetters(
        _ ids: [JobID], by action: DeadLetterAction, fitting filter: JobFilter
    ) async -> [Result<Void, LonghaulError>] {
        await writeEach(ids) { try $0.settle($1, by: action, fitting: filter) }
    }

    /// Sets a queue's bounds.
    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord {
        try await write { try $0.setQueue(name, settings) }
    }

    /// Deletes a queue that has no jobs but ended ones.
    public func deleteQueue(_ name: String) async throws -> Bool {
        try await write { try $0.deleteQueue(name) }
    }

    /// Removes queues that are not used.
    public func forgetQueues(
        unusedSince moment: Timestamp, except kept: Set<String>
    ) async throws -> [String] {
        try await write { $0.forgetQueues(unusedSince: moment, except: kept) }
    }

    /// Replaces the routing table.
    public func setRouting(_ table: RoutingTable) async throws {
        try await write(weight: table.rules.count) { try $0.setRouting(table) }
    }

    /// Does what the clock asks for.
    public func maintain(limit: Int) async throws -> Upkeep {
        try await write { try $0.maintain(limit: limit) }
    }

    /// The job; nil if there is none.
    public func job(_ id: JobID) async throws -> Job? {
        try await read { try $0.job(id) }
    }

    /// How many pending jobs of its queue stand before a pending job; see `JobLoader.position(of:)`.
    public func position(of id: JobID) async throws -> Int? {
        try await read { try $0.position(of: id) }
    }

    /// A page of jobs, newest first.
    public func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage {
        try await read {
            try JobList(loader: $0, filter: filter).page(after: cursor, limit: limit, reading: reading)
        }
    }

    /// A page of identifiers, newest first.
    public func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage {
        try await read { try JobList(loader: $0, filter: filter).identifiers(after: cursor, limit: limit) }
    }

    /// A page of the groups of dead letters, the largest first.
    public func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) async throws -> DeadLetterGroupPage {
        try await read { try $0.deadLetterGroups(filter, after: cursor, limit: limit) }
    }

    /// What happened to a job since a version.
    public func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]? {
        try await read { try $0.history(id, afterVersion: version) }
    }

    /// A job's log lines after a number.
    public func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]? {
        try await read { try $0.logs(id, after: number, limit: limit) }
    }

    /// Every queue, by name.
    public func queues() async throws -> [QueueRecord] {
        try await read { try $0.queues() }
    }

    /// The queues after a name.
    public func queues(after name: String?, limit: Int) async throws -> [QueueRecord] {
        try await read { try $0.queues(after: name, limit: limit) }
    }

    /// One queue; nil if it has never been used.
    public func queue(_ name: String) async throws -> QueueRecord? {
        try await read { try $0.queue(name) }
    }

    /// Pending jobs that became due before a moment.
    public func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) async throws -> [QueueEntry] {
        try await read { try $0.pendingEntries(of: queue, dueBefore: moment, after: id, limit: limit) }
    }

    /// The routing table.
    public func routing() async throws -> RoutingTable {
        try await read { try $0.routing() }
    }

    /// The workers seen in the last day, most recent first.
    public func workers() async throws -> [WorkerRecord] {
        let records = writer.workers.records
        let horizon = time.now().adding(seconds: -WorkerSigns.memory)
        return try await read { try $0.workers(records, since: horizon) }
    }

    /// The workers that hold leases.
    public func busyWorkers() async throws -> [WorkerRecord] {
        try await workers().filter { !$0.running.isEmpty }
    }

    /// Which of these attempts still own their artifacts.
    public func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> Set<ArtifactFolder> {
        try await read { try $0.owners(attempts) }
    }

    /// Keeps what happened in queues minute by minute.
    public func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) async throws {
        try await write(weight: samples.count) { try $0.keepSamples(samples, forgettingBefore: horizon) }
    }

    /// The samples of one queue, or of all, since a moment.
    public func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) async throws -> [QueueSample] {
        try await read { try $0.samples(of: queue, since: moment, after: place, limit: limit) }
    }
}
