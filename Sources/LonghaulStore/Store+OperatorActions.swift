package import LonghaulCore

// MARK: - Changes that the audit log records
//
// The source of a change is read here, in the task of the caller: the transaction runs on a thread of the store.

extension Store {
    package func cancel(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await operate(on: ids, .cancelJob) { try $0.cancel($1) }
    }

    package func purge(_ queue: String, _ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await operate(on: ids, .purgeQueue, in: queue) { try $0.purge($1, from: queue) }
    }

    package func cancelDescendants(of id: JobID, limit: Int) async throws -> Int {
        try await audited(WritePlan(weight: limit)) {
            try $0.cancelDescendants(of: id, limit: limit, by: $1)
        }
    }

    package func retry(_ ids: [JobID]) async -> [Result<Job, LonghaulError>] {
        await operate(on: ids, .retryJob) { try $0.retry($1) }
    }

    package func runNow(_ id: JobID) async throws -> Job {
        try await operate(on: id, .runJob) { try $0.runNow(id) }
    }

    package func edit(_ id: JobID, _ edit: JobEdit) async throws -> Job {
        try await operate(on: id, .editJob) { try $0.edit(id, edit) }
    }

    package func delete(_ ids: [JobID]) async -> [Result<Void, LonghaulError>] {
        await operate(on: ids, .deleteJob) { try $0.delete($1) }
    }

    package func signal(_ id: JobID, _ signal: Signal) async throws -> Bool {
        try await operate(on: id, .signalJob) { try $0.signal(id, signal) }
    }

    package func pause(_ id: JobID) async throws -> Job {
        try await operate(on: id, .pauseJob) { try $0.pause(id) }
    }

    package func resume(_ id: JobID) async throws -> Job {
        try await operate(on: id, .resumeJob) { try $0.resume(id) }
    }

    package func restart(_ id: JobID, from operation: String) async throws -> Job {
        try await operate(on: id, .restartJob) { try $0.restart(id, from: operation) }
    }

    package func fork(
        _ id: JobID, from operation: String, as newID: JobID, caller: String
    ) async throws -> Job {
        var (job, isComplete) = try await operate(on: id, .forkJob) {
            try $0.fork(id, from: operation, as: newID, caller: caller)
        }
        while !isComplete {
            (job, isComplete) = try await driver.write(WritePlan(.operate([newID]))) {
                try $0.continueFork(newID)
            }
        }
        return job
    }

    package func resolveDeadLetters(
        _ ids: [JobID], by action: DeadLetterAction, matching filter: JobFilter
    ) async -> [Result<Void, LonghaulError>] {
        await operate(on: ids, action == .redrive ? .redriveDeadLetter : .discardDeadLetter) {
            try $0.apply(action, to: $1, matching: filter)
        }
    }

    package func redeliver(_ id: JobID, of job: JobID) async throws -> WebhookDelivery {
        try await audited { try $0.redeliver(id, of: job, by: $1) }
    }

    package func setQueue(_ name: String, _ settings: QueueSettings) async throws -> QueueRecord {
        try await audited { try $0.setQueue(name, settings, by: $1) }
    }

    package func deleteQueue(_ name: String) async throws -> Bool {
        try await audited { try $0.deleteQueue(name, by: $1) }
    }

    package func setRouting(_ table: RoutingTable) async throws {
        try await audited(WritePlan(weight: table.rules.count)) { try $0.setRouting(table, by: $1) }
    }

    package func putSchedule(
        _ name: String, _ spec: ScheduleSpec, caller: String, firstRunAt: Timestamp?
    ) async throws -> ScheduleRecord {
        try await audited {
            try $0.putSchedule(name, spec, caller: caller, firstRunAt: firstRunAt, by: $1)
        }
    }

    package func deleteSchedule(_ name: String) async throws -> Bool {
        try await audited { try $0.deleteSchedule(name, by: $1) }
    }

    package func fireSchedule(_ firing: ScheduleFiring) async throws -> ScheduleOutcome {
        try await audited(WritePlan(.fire(firing))) { try $0.fireSchedule(firing, by: $1) }
    }

    package func createKey(_ key: APIKey) async throws -> APIKey {
        try await audited { try $0.createKey(key, by: $1) }
    }

    package func revokeKey(_ id: String) async throws -> APIKey? {
        try await audited { try $0.revokeKey(id, by: $1) }
    }

    package func rotateKey(
        _ id: String, to replacement: APIKeyReplacement, overlapSeconds: Double
    ) async throws -> APIKey? {
        try await audited {
            try $0.rotateKey(id, to: replacement, overlapSeconds: overlapSeconds, by: $1)
        }
    }

    /// Runs a body in a transaction, with the source of the change.
    private func audited<Value: Sendable>(
        _ plan: WritePlan = WritePlan(),
        _ body: @escaping @Sendable (any StoreTransaction, AuditSource?) throws -> Value
    ) async throws -> Value {
        let source = AuditSource.current
        return try await driver.write(plan) { try body($0, source) }
    }

    /// Runs a body for one job in a transaction.
    private func operate<Value: Sendable>(
        on id: JobID, _ action: AuditAction,
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let results = await operate(on: [id], action) { transaction, _ in try body(transaction) }
        guard let result = results.first else { throw LonghaulError.noJob(id) }
        return try result.get()
    }

    /// Runs a body for each of these jobs in one transaction. If there is no transaction, each fails with its error.
    private func operate<Value: Sendable>(
        on ids: [JobID], _ action: AuditAction, in queue: String? = nil,
        _ body: @escaping @Sendable (any StoreTransaction, JobID) throws -> Value
    ) async -> [Result<Value, LonghaulError>] {
        await answerEach(ids) {
            try await audited(WritePlan(.operate(ids))) { transaction, source in
                try transaction.operate(on: ids, action, in: queue, by: source) { try body(transaction, $0) }
            }
        }
    }
}

// MARK: - The audit log

extension Store {
    package func auditRecords(
        _ filter: AuditFilter, before number: Int64?, limit: Int
    ) async throws -> AuditPage {
        try await driver.read { try $0.auditPage(filter, before: number, limit: limit) }
    }

    package func removeAuditRecords(olderThanSeconds seconds: Double, limit: Int) async throws -> Bool {
        try await driver.write(WritePlan()) {
            try $0.removeAuditRecords(olderThanSeconds: seconds, limit: limit)
        }
    }
}
