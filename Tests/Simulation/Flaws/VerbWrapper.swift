import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore

/// A type in front of the verbs of a memory transaction. It forwards every verb. A broken engine replaces one of them.
///
/// The rules call the verbs of the outermost wrapper, so they run exactly as shipped.
protocol VerbWrapper: MemoryVerbs {
    /// The verbs behind the wrapper.
    var inner: any MemoryVerbs { get }
    /// Called before each verb is forwarded.
    func willCall() throws
}

extension VerbWrapper {
    var base: MemoryTransaction { inner.base }
    func willCall() throws {}

    var now: Timestamp { inner.now }
    var leaseClock: LeaseClock { inner.leaseClock }
    var random: any RandomSource { inner.random }
    var retention: Retention { inner.retention }

    // MARK: Rows

    func prefetch(_ ids: [JobID]) throws {
        try willCall()
        try inner.prefetch(ids)
    }
    func row(_ id: JobID) throws -> JobRow? {
        try willCall()
        return try inner.row(id)
    }
    func rowOfSameCall(_ id: JobID) throws -> JobRow? {
        try willCall()
        return try inner.rowOfSameCall(id)
    }
    func makeRow(of job: Job) throws -> JobRow {
        try willCall()
        return try inner.makeRow(of: job)
    }
    func enqueue(_ row: inout JobRow, isLate: Bool) throws {
        try willCall()
        try inner.enqueue(&row, isLate: isLate)
    }
    func insert(_ row: JobRow, fault: FaultRow?) throws {
        try willCall()
        try inner.insert(row, fault: fault)
    }
    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        try willCall()
        try inner.update(row, from: previous, fault: fault)
    }
    func update(_ row: JobRow) throws {
        try willCall()
        try inner.update(row)
    }
    func updateLease(_ row: JobRow) throws {
        try willCall()
        try inner.updateLease(row)
    }
    func markParent(_ row: JobRow) throws {
        try willCall()
        try inner.markParent(row)
    }
    func delete(_ row: JobRow) throws {
        try willCall()
        try inner.delete(row)
    }

    // MARK: Data of rows

    func faults(of row: JobRow) throws -> [FaultRow] {
        try willCall()
        return try inner.faults(of: row)
    }
    func fingerprint(of row: JobRow) throws -> String? {
        try willCall()
        return try inner.fingerprint(of: row)
    }
    func job(_ row: JobRow) throws -> Job {
        try willCall()
        return try inner.job(row)
    }
    func family(of row: JobRow) throws -> Job {
        try willCall()
        return try inner.family(of: row)
    }
    func collected(from ids: [JobID]) throws -> JSONText {
        try willCall()
        return try inner.collected(from: ids)
    }
    func unendedChildren(of id: JobID, limit: Int) throws -> [JobID] {
        try willCall()
        return try inner.unendedChildren(of: id, limit: limit)
    }
    func parentsAmongChildren(of id: JobID) throws -> [JobID] {
        try willCall()
        return try inner.parentsAmongChildren(of: id)
    }
    func addDependency(of row: JobRow, on other: JobRow) throws {
        try willCall()
        try inner.addDependency(of: row, on: other)
    }
    func addResolvedDependency(of row: JobRow, on other: JobRow) throws {
        try willCall()
        try inner.addResolvedDependency(of: row, on: other)
    }
    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        try willCall()
        try inner.resolveDependents(of: row, body)
    }

    // MARK: Keys, queues, workers, schedules

    func prefetch(keys: [SubmissionKey]) throws {
        try willCall()
        try inner.prefetch(keys: keys)
    }
    func storedKey(_ key: SubmissionKey) throws -> StoredKey? {
        try willCall()
        return try inner.storedKey(key)
    }
    func upsert(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws {
        try willCall()
        try inner.upsert(stored, for: key, of: row)
    }
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        inner.count(spec, from: previous, to: state)
    }
    func checkRoom(for state: JobState, in queue: String) throws {
        try willCall()
        try inner.checkRoom(for: state, in: queue)
    }
    func room(in queue: String) throws -> Int {
        try willCall()
        return try inner.room(in: queue)
    }
    func consumeToken(of queue: String) throws {
        try willCall()
        try inner.consumeToken(of: queue)
    }
    func recordPoll(_ request: LeaseRequest) throws {
        try willCall()
        try inner.recordPoll(request)
    }
    func recordHeartbeat(of worker: String) throws {
        try willCall()
        try inner.recordHeartbeat(of: worker)
    }
    func schedule(_ name: String) throws -> ScheduleRecord? {
        try willCall()
        return try inner.schedule(name)
    }
    func upsert(_ record: ScheduleRecord) throws {
        try willCall()
        try inner.upsert(record)
    }

    func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        try willCall()
        return try inner.setQueue(name, settings)
    }
    func deleteQueue(_ name: String) throws -> Bool {
        try willCall()
        return try inner.deleteQueue(name)
    }
    func deleteQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String] {
        try willCall()
        return try inner.deleteQueues(unusedSince: moment, except: kept)
    }
    func setRouting(_ table: RoutingTable) throws {
        try willCall()
        try inner.setRouting(table)
    }
    func recordSamples(_ samples: [QueueSample], deletingBefore horizon: Timestamp) throws {
        try willCall()
        try inner.recordSamples(samples, deletingBefore: horizon)
    }
    func deleteWorker(_ id: String) throws -> Bool {
        try willCall()
        return try inner.deleteWorker(id)
    }
    func deleteSchedule(_ name: String) throws -> Bool {
        try willCall()
        return try inner.deleteSchedule(name)
    }

    // MARK: Publishing and undoing

    func publish(_ change: JobChange) { inner.publish(change) }
    func runEntry<Value>(_ body: () throws -> Value) throws -> Value { try inner.runEntry(body) }
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value { try inner.savepoint(body) }
}
