package import LonghaulCore
package import LonghaulJSON
package import LonghaulStore

/// A type in front of the verbs of a memory transaction. It forwards every verb. A broken engine replaces one of them.
///
/// The rules call the verbs of the outermost wrapper, so they run exactly as shipped.
package protocol VerbWrapper: StoreTransaction {
    /// The verbs behind the wrapper.
    var inner: any StoreTransaction { get }
    /// Called before each verb is forwarded.
    func willCall() throws
}

extension VerbWrapper {
    package func willCall() throws {}

    package var now: Timestamp { inner.now }
    package var leaseClock: LeaseClock { inner.leaseClock }
    package var random: any RandomSource { inner.random }
    package var retention: Retention { inner.retention }
    package var limits: StoreLimits { inner.limits }

    // MARK: Rows

    package func prefetch(_ ids: [JobID]) throws {
        try willCall()
        try inner.prefetch(ids)
    }
    package func row(_ id: JobID) throws -> JobRow? {
        try willCall()
        return try inner.row(id)
    }
    package func rowOfSameCall(_ id: JobID) throws -> JobRow? {
        try willCall()
        return try inner.rowOfSameCall(id)
    }
    package func makeRow(of job: Job) throws -> JobRow {
        try willCall()
        return try inner.makeRow(of: job)
    }
    package func enqueue(_ row: inout JobRow, isLate: Bool) throws {
        try willCall()
        try inner.enqueue(&row, isLate: isLate)
    }
    package func insert(_ row: JobRow, fault: FaultRow?) throws {
        try willCall()
        try inner.insert(row, fault: fault)
    }
    package func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        try willCall()
        try inner.update(row, from: previous, fault: fault)
    }
    package func update(_ row: JobRow) throws {
        try willCall()
        try inner.update(row)
    }
    package func updateLease(_ row: JobRow) throws {
        try willCall()
        try inner.updateLease(row)
    }
    package func markParent(_ row: JobRow) throws {
        try willCall()
        try inner.markParent(row)
    }
    package func replaceSpec(of row: JobRow, from previous: JobSpec) throws {
        try willCall()
        try inner.replaceSpec(of: row, from: previous)
    }
    package func delete(_ row: JobRow) throws {
        try willCall()
        try inner.delete(row)
    }

    // MARK: Data of rows

    package func faults(of row: JobRow) throws -> [FaultRow] {
        try willCall()
        return try inner.faults(of: row)
    }
    package func fingerprint(of row: JobRow) throws -> String? {
        try willCall()
        return try inner.fingerprint(of: row)
    }
    package func job(_ row: JobRow) throws -> Job {
        try willCall()
        return try inner.job(row)
    }
    package func family(of row: JobRow) throws -> Job {
        try willCall()
        return try inner.family(of: row)
    }
    package func collected(from ids: [JobID]) throws -> JSONText {
        try willCall()
        return try inner.collected(from: ids)
    }
    package func unendedChildren(of id: JobID, limit: Int) throws -> [JobID] {
        try willCall()
        return try inner.unendedChildren(of: id, limit: limit)
    }
    package func parentsAmongChildren(of id: JobID) throws -> [JobID] {
        try willCall()
        return try inner.parentsAmongChildren(of: id)
    }
    package func addDependency(of row: JobRow, on other: JobRow) throws {
        try willCall()
        try inner.addDependency(of: row, on: other)
    }
    package func addResolvedDependency(of row: JobRow, on other: JobRow) throws {
        try willCall()
        try inner.addResolvedDependency(of: row, on: other)
    }
    package func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        try willCall()
        try inner.resolveDependents(of: row, body)
    }

    // MARK: Attachments

    package func lastLogNumber(of row: JobRow) throws -> Int64 {
        try willCall()
        return try inner.lastLogNumber(of: row)
    }
    package func appendLog(_ lines: [StoredLogLine], to row: JobRow) throws {
        try willCall()
        try inner.appendLog(lines, to: row)
    }
    package func trimLog(of row: JobRow, toBytes bytes: Int64) throws {
        try willCall()
        try inner.trimLog(of: row, toBytes: bytes)
    }
    package func trimLog(of row: JobRow, upTo number: Int64) throws {
        try willCall()
        try inner.trimLog(of: row, upTo: number)
    }
    package func artifactUsage(of row: JobRow, besides name: String) throws -> AttachmentUsage {
        try willCall()
        return try inner.artifactUsage(of: row, besides: name)
    }
    package func upsert(_ artifact: Artifact, of row: JobRow) throws {
        try willCall()
        try inner.upsert(artifact, of: row)
    }

    // MARK: Webhooks

    package func insert(_ delivery: WebhookDelivery, of row: JobRow, keeping count: Int) throws {
        try willCall()
        try inner.insert(delivery, of: row, keeping: count)
    }
    package func delivery(_ id: JobID) throws -> WebhookDelivery? {
        try willCall()
        return try inner.delivery(id)
    }
    package func update(_ delivery: WebhookDelivery) throws {
        try willCall()
        try inner.update(delivery)
    }
    package func webhookHosts(after host: String, limit: Int) throws -> [String] {
        try willCall()
        return try inner.webhookHosts(after: host, limit: limit)
    }
    package func dueDeliveries(to hosts: [String], perHost: Int) throws -> [WebhookDelivery] {
        try willCall()
        return try inner.dueDeliveries(to: hosts, perHost: perHost)
    }
    package func nextDelivery(of row: JobRow) throws -> Timestamp? {
        try willCall()
        return try inner.nextDelivery(of: row)
    }

    // MARK: Keys, queues, workers, schedules

    package func prefetch(keys: [SubmissionKey]) throws {
        try willCall()
        try inner.prefetch(keys: keys)
    }
    package func storedKey(_ key: SubmissionKey) throws -> StoredKey? {
        try willCall()
        return try inner.storedKey(key)
    }
    package func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws {
        try willCall()
        try inner.upsert(stored, for: key, of: row)
    }
    package func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        inner.count(spec, from: previous, to: state)
    }
    package func settings(of queue: String) -> QueueSettings { inner.settings(of: queue) }
    package func count(_ jobs: BoundedJobs, in queue: String, near bound: Int?) throws -> Int {
        try willCall()
        return try inner.count(jobs, in: queue, near: bound)
    }
    package func pendingCount(near bound: Int) throws -> Int {
        try willCall()
        return try inner.pendingCount(near: bound)
    }
    package func hasQueue(_ name: String) -> Bool { inner.hasQueue(name) }
    package var queueCount: Int { inner.queueCount }
    package func bucket(of queue: String) throws -> TokenBucket? {
        try willCall()
        return try inner.bucket(of: queue)
    }
    package func update(_ bucket: TokenBucket, of queue: String) throws {
        try willCall()
        try inner.update(bucket, of: queue)
    }
    package func queue(_ name: String) throws -> QueueState? {
        try willCall()
        return try inner.queue(name)
    }
    package func update(_ queue: QueueState, _ name: String) throws {
        try willCall()
        try inner.update(queue, name)
    }
    package var workers: WorkerRegistry { inner.workers }
    package func upsert(_ worker: WorkerRecord) throws {
        try willCall()
        try inner.upsert(worker)
    }
    package func updateLastSeen(ofWorker id: String) throws {
        try willCall()
        try inner.updateLastSeen(ofWorker: id)
    }
    package func removeWorker(_ id: String) throws -> Bool {
        try willCall()
        return try inner.removeWorker(id)
    }
    package func schedule(_ name: String) throws -> ScheduleRecord? {
        try willCall()
        return try inner.schedule(name)
    }
    package func upsert(_ record: ScheduleRecord) throws {
        try willCall()
        try inner.upsert(record)
    }

    package func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String] {
        try willCall()
        return try inner.deleteQueues(unusedSince: moment, except: kept)
    }
    // MARK: API keys

    package func apiKeys() throws -> [APIKey] {
        try willCall()
        return try inner.apiKeys()
    }
    package func upsert(_ key: APIKey) throws {
        try willCall()
        try inner.upsert(key)
    }
    package func removeAPIKey(_ id: String) throws {
        try willCall()
        try inner.removeAPIKey(id)
    }
    package func recordUse(ofAPIKey id: String, at moment: Timestamp) throws {
        try willCall()
        try inner.recordUse(ofAPIKey: id, at: moment)
    }

    // MARK: Claiming and maintenance

    package func lanes(of queue: String, for request: LeaseRequest) throws -> any LaneSource {
        try willCall()
        return try inner.lanes(of: queue, for: request)
    }
    package func row(_ job: PendingJob) throws -> JobRow? {
        try willCall()
        return try inner.row(job)
    }
    package func latestTurn(_ key: PartitionTurns.Key) -> String? { inner.latestTurn(key) }
    package func recordTurn(of partition: String, _ key: PartitionTurns.Key) {
        inner.recordTurn(of: partition, key)
    }
    package func beginMaintenance(limit: Int) throws -> Bool {
        try willCall()
        return try inner.beginMaintenance(limit: limit)
    }
    package func eachOverdue(_ deadline: Deadline, limit: Int, _ body: (inout JobRow) throws -> Void) throws
        -> Bool
    {
        try willCall()
        return try inner.eachOverdue(deadline, limit: limit, body)
    }
    package var removalBound: RemovalBound { inner.removalBound }
    package func latestKeyExpiry(of row: JobRow) throws -> Timestamp? {
        try willCall()
        return try inner.latestKeyExpiry(of: row)
    }
    package func emptyLog(of row: JobRow, _ lines: inout Int) throws -> Bool {
        try willCall()
        return try inner.emptyLog(of: row, &lines)
    }
    package func removeExpiredKeys(limit: Int) throws {
        try willCall()
        try inner.removeExpiredKeys(limit: limit)
    }
    package func sortPartitions(limit: Int) throws -> Bool {
        try willCall()
        return try inner.sortPartitions(limit: limit)
    }
    package func removeWorkers(before horizon: Timestamp, keeping maximum: Int) throws {
        try willCall()
        try inner.removeWorkers(before: horizon, keeping: maximum)
    }
    package func findNext(_ maintenance: inout Maintenance) throws {
        try willCall()
        try inner.findNext(&maintenance)
    }

    package func replaceRouting(_ table: RoutingTable) throws {
        try willCall()
        try inner.replaceRouting(table)
    }
    package func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) throws {
        try willCall()
        try inner.recordSamples(samples, mergingBefore: hour, deletingBefore: horizon)
    }
    package func removeSchedule(_ name: String) throws -> Bool {
        try willCall()
        return try inner.removeSchedule(name)
    }

    package func announceSettings() { inner.announceSettings() }

    // MARK: Publishing and undoing

    package func publish(_ change: JobChange) { inner.publish(change) }
    package func runEntry<Value>(_ body: () throws -> Value) throws -> Value { try inner.runEntry(body) }
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value { try inner.savepoint(body) }
}
