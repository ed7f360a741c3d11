public import LonghaulCore
import LonghaulStoreRules

/// Operator actions and maintenance.
extension MemoryStore {
    /// Cancels jobs that have not ended.
    public func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        writeEach(ids) { try $0.cancel($1) }
    }

    /// Cancels descendants of a job that have not ended.
    public func cancelDescendants(of id: JobID, limit: Int) async throws -> Int {
        try write { try $0.cancelDescendants(of: id, limit: limit) }
    }

    /// Makes failed, cancelled or retrying jobs pending, with all their attempts.
    public func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        writeEach(ids) { try $0.retry($1) }
    }

    /// Removes ended jobs with all their data.
    public func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>] {
        writeEach(ids) { try $0.delete($1) }
    }

    /// Changes the settings of a queue.
    public func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord {
        try write { try $0.base.setQueue(name, settings) }
    }

    /// Deletes a queue that has no jobs but ended ones.
    public func deleteQueue(_ name: String) async throws -> Bool {
        try write { try $0.base.deleteQueue(name) }
    }

    /// Removes queues that are not used.
    public func forgetQueues(
        unusedSince moment: Timestamp, except kept: Set<String>
    ) async throws -> [String] {
        try write { $0.base.forgetQueues(unusedSince: moment, except: kept) }
    }

    /// Replaces the routing table.
    public func setRouting(_ table: RoutingTable) async throws {
        try write { $0.base.tables.routing = table }
    }

    /// Handles jobs that are due, expired leases, expired jobs and retention.
    public func maintain(limit: Int) async throws -> Upkeep {
        try write { try $0.maintain(limit: limit) }
    }
}
