import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore

/// The calls in which the auditor takes no interest: it sees their changes. A new operation of the port is passed
/// on here.
extension SimulatedStore {
    func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await writeEach("cancel", ids) { await inner.cancel(ids) }
    }

    func cancelDescendants(of id: JobID, limit: Int) async throws -> Int {
        try await write("cancel descendants") { try await inner.cancelDescendants(of: id, limit: limit) }
    }

    func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await writeEach("retry", ids) { await inner.retry(ids) }
    }

    func recordActivity() async throws -> OutageTotals {
        try await write("record activity") { try await inner.recordActivity() }
    }

    func verify(_ token: LeaseToken) async throws {
        try await read("verify") { try await inner.verify(token) }
    }

    func artifactUsage(_ token: LeaseToken, besides name: String) async throws -> AttachmentUsage {
        try await read("artifact usage") { try await inner.artifactUsage(token, besides: name) }
    }

    func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await read("step") { try await inner.step(token, name: name) }
    }

    func job(_ id: JobID) async throws -> Job? {
        try await read("job") { try await inner.job(id) }
    }

    func position(of id: JobID) async throws -> Int? {
        try await read("position") { try await inner.position(of: id) }
    }

    func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage {
        try await read("jobs") {
            try await inner.jobs(filter, after: cursor, limit: limit, reading: reading)
        }
    }

    func deleteQueue(_ name: String) async throws -> Bool {
        try await write("delete queue") { try await inner.deleteQueue(name) }
    }

    func forgetQueues(
        unusedSince moment: Timestamp, except kept: Set<String>
    ) async throws -> [String] {
        try await write("forget queues") {
            try await inner.forgetQueues(unusedSince: moment, except: kept)
        }
    }

    func queues(after name: String?, limit: Int) async throws -> [QueueRecord] {
        try await read("queues") { try await inner.queues(after: name, limit: limit) }
    }

    func busyWorkers() async throws -> [WorkerRecord] {
        try await read("busy workers") { try await inner.busyWorkers() }
    }

    func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage {
        try await read("job IDs") { try await inner.jobIDs(filter, after: cursor, limit: limit) }
    }

    func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) async throws -> DeadLetterGroupPage {
        try await read("dead letter groups") {
            try await inner.deadLetterGroups(filter, after: cursor, limit: limit)
        }
    }

    func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]? {
        try await read("history") { try await inner.history(id, afterVersion: version) }
    }

    func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]? {
        try await read("logs") { try await inner.logs(id, after: number, limit: limit) }
    }

    func queues() async throws -> [QueueRecord] {
        try await read("queues") { try await inner.queues() }
    }

    func queue(_ name: String) async throws -> QueueRecord? {
        try await read("queue") { try await inner.queue(name) }
    }

    func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) async throws -> [QueueEntry] {
        try await read("pendingEntries") {
            try await inner.pendingEntries(of: queue, dueBefore: moment, after: id, limit: limit)
        }
    }

    func routing() async throws -> RoutingTable {
        try await read("routing") { try await inner.routing() }
    }

    func workers() async throws -> [WorkerRecord] {
        try await read("workers") { try await inner.workers() }
    }

    func artifactOwners(_ attempts: [ArtifactFolder]) async throws -> Set<ArtifactFolder> {
        try await read("artifact owners") { try await inner.artifactOwners(attempts) }
    }

    func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) async throws {
        try await write("keep samples") { try await inner.keepSamples(samples, forgettingBefore: horizon) }
    }

    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) async throws -> [QueueSample] {
        try await read("samples") {
            try await inner.samples(of: queue, since: moment, after: place, limit: limit)
        }
    }

    func checkReady() async throws {
        try await read("check ready") { try await inner.checkReady() }
    }

    func close() async {
        await inner.close()
    }
}
