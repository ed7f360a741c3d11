package import LonghaulCore
package import LonghaulJSON

/// The store of all jobs over the database of a driver. All stores run the same rules.
package final class Store<Driver: StoreDriver>: JobStore {
    /// The maximum size of entries that a transaction stores for one call, in bytes, where the entries of a call may be stored
    /// in several: other callers wait for the longest transaction.
    private static var bytesPerTransaction: Int { 1 << 20 }

    /// The database.
    package let driver: Driver

    /// A store over an open database.
    package init(_ driver: Driver) {
        self.driver = driver
    }

    package func observe(_ observer: @escaping @Sendable (ChangeBatch) -> Void) { driver.observe(observer) }

    package func observeSettings(_ observer: @escaping @Sendable () -> Void) {
        driver.observeSettings(observer)
    }

    package func observeMissedWork(_ observer: @escaping @Sendable (MissedWork) -> Void) {
        driver.observeMissedWork(observer)
    }

    package func configure(_ limits: StoreLimits) { driver.configure(limits) }

    package var rejectedNotifications: Int? { driver.rejectedNotifications }

    package func recordActivity() async throws -> OutageTotals {
        try await driver.write(WritePlan()) { try $0.recordActivity() }
        return driver.outageTotals
    }

    package func checkReady() async throws {
        try await driver.read { try $0.checkReady() }
        try await driver.write(WritePlan()) { _ in }
    }

    package func close() async { await driver.close() }

    /// Runs a body for each of `entries` in one transaction. If there is no transaction, each fails with its error.
    private func writeEach<Entry: Sendable, Value: Sendable>(
        _ entries: [Entry], _ call: StoreCall,
        _ body: @escaping @Sendable (any StoreTransaction, Entry) throws -> Value
    ) async -> [Result<Value, LonghaulError>] {
        await answerEach(entries) {
            try await driver.write(WritePlan(call)) { transaction in
                try transaction.each(entries) { try body(transaction, $0) }
            }
        }
    }

    /// The answers of a transaction to each of `entries`. If there is no transaction, each fails with its error.
    func answerEach<Entry: Sendable, Value: Sendable>(
        _ entries: [Entry], _ write: () async throws -> [Result<Value, LonghaulError>]
    ) async -> [Result<Value, LonghaulError>] {
        do {
            return try await write()
        } catch {
            let error = (error as? LonghaulError) ?? LonghaulError(.internal, "the store failed: \(error)")
            return entries.map { _ in .failure(error) }
        }
    }
}

// MARK: - Submitting and working

extension Store {
    package func submit(_ submissions: [Submission], allOrNothing: Bool) async throws -> [SubmitOutcome] {
        let outcomes = try await driver.write(WritePlan(.submit(submissions))) {
            try $0.submit(submissions, allOrNothing: allOrNothing)
        }
        guard outcomes.contains(where: \.mayHaveFamily) else { return outcomes }
        // The jobs are stored. If this read fails, the caller gets its jobs without those around them.
        return (try? await driver.read { try $0.families(of: outcomes) }) ?? outcomes
    }

    package func claim(_ request: LeaseRequest) async throws -> [Lease] {
        try await driver.write(WritePlan(.claim(request))) { try $0.claim(request) }
    }

    package func claim(_ ids: [JobID], for request: LeaseRequest) async throws -> [Lease] {
        try await driver.write(WritePlan(.claimJobs(ids))) { try $0.claim(ids, for: request) }
    }

    package func heartbeat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        try await driver.write(WritePlan(.heartbeat(heartbeat))) { try $0.heartbeat(heartbeat) }
    }

    package func complete(_ completions: [StoreCompletion]) async -> [Result<Job, LonghaulError>] {
        var results: [Result<Job, LonghaulError>] = []
        for group in completions.grouped(maxBytes: Self.bytesPerTransaction, size: { $0.result.bytes.count })
        {
            results += await writeEach(group, .complete(group)) { try $0.complete($1) }
        }
        return results
    }

    package func fail(_ failures: [Failure]) async -> [Result<Job, LonghaulError>] {
        await writeEach(failures, .fail(failures)) { try $0.fail($1) }
    }

    package func release(_ tokens: [LeaseToken]) async -> [Result<Job, LonghaulError>] {
        await writeEach(tokens, .release(tokens)) { try $0.release($1) }
    }

    package func deleteWorker(_ id: String) async throws -> [LeaseToken]? {
        let wasKnown = try await driver.write(WritePlan()) { try $0.deleteWorker(id) }
        // After the commit, and so after those of all earlier calls for work.
        let held = try await driver.read { try $0.held(by: id) }
        return wasKnown || !held.isEmpty ? held : nil
    }

    package func verify(_ token: LeaseToken) async throws {
        try await driver.read { _ = try $0.held(by: token) }
    }

    package func artifactUsage(_ token: LeaseToken, besides name: String) async throws -> AttachmentUsage {
        try await driver.read { try $0.artifactUsage(of: try $0.held(by: token), besides: name) }
    }

    package func appendLogs(_ token: LeaseToken, _ lines: [LogLine]) async throws {
        let groups = lines.grouped(maxBytes: Self.bytesPerTransaction) { $0.message.utf8.count }
        for group in groups.isEmpty ? [[]] : groups {
            try await driver.write(WritePlan(.attach(token, entries: group.count))) {
                try $0.appendLogs(token, group)
            }
        }
    }

    package func putArtifact(_ token: LeaseToken, _ artifact: Artifact) async throws {
        try await driver.write(WritePlan(.attach(token, entries: 1))) {
            try $0.putArtifact(token, artifact)
        }
    }

    package func step(_ token: LeaseToken, name: String) async throws -> JSONText? {
        try await driver.read {
            try $0.operation(of: try $0.held(by: token), id: JournalOperation.stepID(name))?.output
        }
    }

    package func putStep(_ token: LeaseToken, name: String, output: JSONText) async throws -> JSONText {
        var update = OperationUpdate(.start, .step, id: JournalOperation.stepID(name), name: name)
        let start = StoreOperationUpdate(update)
        update.action = .succeed
        update.output = output
        let operations = try await updateJournal(token, [start, StoreOperationUpdate(update)])
        return operations.last?.output ?? output
    }

    package func journal(_ token: LeaseToken, after number: Int64, limit: Int) async throws -> JournalPage {
        try await driver.read { try $0.journal(token, after: number, limit: limit) }
    }

    package func updateJournal(
        _ token: LeaseToken, _ updates: [StoreOperationUpdate]
    ) async throws -> [JournalOperation] {
        try await driver.write(WritePlan(.journal(token, updates))) {
            try $0.updateJournal(token, updates)
        }.get()
    }

    package func suspend(_ token: LeaseToken, on ids: [String]) async throws -> SuspendOutcome {
        try await driver.write(WritePlan(.attach(token, entries: 1 + ids.count / 10))) {
            try $0.suspend(token, on: ids)
        }
    }

    package func continueAsNew(_ token: LeaseToken, payload: JSONText) async throws -> Job {
        try await driver.write(WritePlan(.attach(token, entries: 1))) {
            try $0.continueAsNew(token, payload: payload)
        }
    }

    package func signal(_ token: SignalToken, value: JSONText) async throws {
        try await driver.write(WritePlan(.operate([token.jobID]))) { try $0.signal(token, value: value) }
    }
}

// MARK: - Webhooks, samples and maintenance

extension Store {
    package func claimDeliveries(_ claim: WebhookClaim) async throws -> ClaimedWebhooks {
        try await driver.write(WritePlan(weight: claim.limit)) { try $0.claimDeliveries(claim) }
    }

    package func recordDeliveries(
        _ outcomes: [WebhookOutcome]
    ) async -> [Result<WebhookDelivery?, LonghaulError>] {
        await writeEach(outcomes, .other(weight: outcomes.count)) { try $0.record($1) }
    }

    package func deleteQueues(
        unusedSince moment: Timestamp, except kept: Set<String>
    ) async throws -> [String] {
        try await driver.write(WritePlan()) { try $0.deleteQueues(unusedSince: moment, except: kept) }
    }

    package func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) async throws {
        try await driver.write(WritePlan(weight: samples.count)) {
            try $0.recordSamples(samples, mergingBefore: hour, deletingBefore: horizon)
        }
    }

    package func maintain(limit: Int) async throws -> Maintenance {
        let maintenance = try await driver.write(WritePlan(.maintain(limit: limit))) {
            try $0.maintain(limit: limit)
        }
        return try await driver.completed(maintenance)
    }
}

// MARK: - Reading

extension Store {
    package func job(_ id: JobID) async throws -> Job? { try await driver.read { try $0.job(id) } }

    package func journal(of id: JobID, after number: Int64, limit: Int) async throws -> JournalPage? {
        try await driver.read { reader in
            try reader.row(id).map { try reader.journal(of: $0, after: number, limit: limit) }
        }
    }

    package func outlines(of ids: [JobID]) async throws -> [JobOutline] {
        try await driver.read { try $0.outlines(of: ids) }
    }

    package func position(of id: JobID) async throws -> Int? {
        try await driver.read { try $0.position(of: id) }
    }

    package func jobs(
        _ filter: JobFilter, after cursor: JobCursor?, limit: Int, reading: JobReading
    ) async throws -> JobPage {
        try await driver.read { try $0.jobs(filter, after: cursor, limit: limit, reading: reading) }
    }

    package func jobIDs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> JobIDPage {
        try await driver.read { try $0.jobIDs(filter, after: cursor, limit: limit) }
    }

    package func deadLetterGroups(
        _ filter: DeadLetterGroupFilter, after cursor: DeadLetterGroupCursor?, limit: Int
    ) async throws -> DeadLetterGroupPage {
        try await driver.read { try $0.deadLetterGroups(filter, after: cursor, limit: limit) }
    }

    package func history(_ id: JobID, afterVersion version: Int) async throws -> [JobChange]? {
        try await driver.read { try $0.history(id, afterVersion: version) }
    }

    package func logs(_ id: JobID, after number: Int64, limit: Int) async throws -> [StoredLogLine]? {
        try await driver.read { try $0.logs(id, after: number, limit: limit) }
    }

    package func deliveries(
        _ filter: WebhookDeliveryFilter, after id: JobID?, limit: Int
    ) async throws -> WebhookDeliveryPage {
        let found = try await driver.read { try $0.deliveries(filter, after: id, limit: limit + 1) }
        return WebhookDeliveryPage(found, limit: limit)
    }

    package func secondsToNextDelivery() async throws -> Double? {
        try await driver.read { try $0.secondsToNextDelivery() }
    }

    package func webhookCounts() async throws -> WebhookCounts {
        try await driver.read { try $0.webhookCounts() }
    }

    package func waitCounts() async throws -> [OperationType: Int] {
        try await driver.read { try $0.waitCounts() }
    }

    package func queues() async throws -> [QueueRecord] { try await driver.read { try $0.queues() } }

    package func queues(after name: String?, limit: Int) async throws -> [QueueRecord] {
        try await driver.read { try $0.queues(after: name, limit: limit) }
    }

    package func queue(_ name: String) async throws -> QueueRecord? {
        try await driver.read { try $0.queue(name) }
    }

    package func pendingEntries(
        of queue: String, dueBefore moment: Timestamp, after id: JobID?, limit: Int
    ) async throws -> [QueueEntry] {
        try await driver.read {
            try $0.pendingEntries(of: queue, dueBefore: moment, after: id, limit: limit)
        }
    }

    package func routing() async throws -> RoutingTable { try await driver.read { try $0.routing() } }

    package func workers() async throws -> [WorkerRecord] { try await driver.read { try $0.workers() } }

    package func busyWorkers() async throws -> [WorkerRecord] {
        try await driver.read { try $0.busyWorkers() }
    }

    package func artifactOwners(
        _ attempts: [ArtifactFolder]
    ) async throws -> [ArtifactFolder: ArtifactOwner] {
        try await driver.read { try $0.artifactOwners(attempts) }
    }

    package func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) async throws -> [QueueSample] {
        try await driver.read { try $0.samples(of: queue, since: moment, after: place, limit: limit) }
    }

    package func schedules(after name: String?, limit: Int) async throws -> SchedulePage {
        try await driver.read { try $0.schedules(after: name, limit: limit) }
    }

    package func schedule(_ name: String) async throws -> ScheduleRecord? {
        try await driver.read { try $0.schedule(name) }
    }

    package func dueSchedules(limit: Int) async throws -> DueSchedules {
        try await driver.read { try $0.dueSchedules(limit: limit) }
    }
}
