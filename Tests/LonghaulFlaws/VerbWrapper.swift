package import LonghaulCore
package import LonghaulJSON
package import LonghaulMemory
package import LonghaulStore

/// A type in front of the verbs of a memory transaction. It forwards every verb. A broken engine replaces one of them.
///
/// The rules call the verbs of the outermost wrapper, so they run exactly as shipped.
package protocol VerbWrapper: MemoryVerbs {
    /// The verbs behind the wrapper.
    var inner: any MemoryVerbs { get }
    /// Called before each verb is forwarded.
    func willCall() throws
}

extension VerbWrapper {
    package var base: MemoryTransaction { inner.base }
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
    package func recordPoll(_ request: LeaseRequest) throws {
        try willCall()
        try inner.recordPoll(request)
    }
    package func recordHeartbeat(of worker: String) throws {
        try willCall()
        try inner.recordHeartbeat(of: worker)
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
    package func setRouting(_ table: RoutingTable) throws {
        try willCall()
        try inner.setRouting(table)
    }
    package func recordSamples(_ samples: [QueueSample], deletingBefore horizon: Timestamp) throws {
        try willCall()
        try inner.recordSamples(samples, deletingBefore: horizon)
    }
    package func deleteWorker(_ id: String) throws -> Bool {
        try willCall()
        return try inner.deleteWorker(id)
    }
    package func deleteSchedule(_ name: String) throws -> Bool {
        try willCall()
        return try inner.deleteSchedule(name)
    }

    // MARK: Publishing and undoing

    package func publish(_ change: JobChange) { inner.publish(change) }
    package func runEntry<Value>(_ body: () throws -> Value) throws -> Value { try inner.runEntry(body) }
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value { try inner.savepoint(body) }
}
