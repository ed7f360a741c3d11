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

    func fetch(_ ids: [JobID]) throws {
        try willCall()
        try inner.fetch(ids)
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
    func line(up row: inout JobRow, isLate: Bool) throws {
        try willCall()
        try inner.line(up: &row, isLate: isLate)
    }
    func insert(_ row: JobRow, fault: FaultRow?) throws {
        try willCall()
        try inner.insert(row, fault: fault)
    }
    func keep(_ row: JobRow, movedFrom previous: JobState, fault: FaultRow?) throws {
        try willCall()
        try inner.keep(row, movedFrom: previous, fault: fault)
    }
    func save(_ row: JobRow) throws {
        try willCall()
        try inner.save(row)
    }
    func keepRenewed(_ row: JobRow) throws {
        try willCall()
        try inner.keepRenewed(row)
    }
    func markParent(_ row: JobRow) throws {
        try willCall()
        try inner.markParent(row)
    }
    func remove(_ row: JobRow) throws {
        try willCall()
        try inner.remove(row)
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

    func fetch(keys: [SubmissionKey]) throws {
        try willCall()
        try inner.fetch(keys: keys)
    }
    func storedKey(_ key: SubmissionKey) throws -> StoredKey? {
        try willCall()
        return try inner.storedKey(key)
    }
    func keep(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws {
        try willCall()
        try inner.keep(stored, for: key, of: row)
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
    func takeToken(of queue: String) throws {
        try willCall()
        try inner.takeToken(of: queue)
    }
    func note(_ request: LeaseRequest) throws {
        try willCall()
        try inner.note(request)
    }
    func note(heartbeatOf worker: String) throws {
        try willCall()
        try inner.note(heartbeatOf: worker)
    }
    func schedule(_ name: String) throws -> ScheduleRecord? {
        try willCall()
        return try inner.schedule(name)
    }
    func save(_ record: ScheduleRecord) throws {
        try willCall()
        try inner.save(record)
    }

    func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        try willCall()
        return try inner.setQueue(name, settings)
    }
    func deleteQueue(_ name: String) throws -> Bool {
        try willCall()
        return try inner.deleteQueue(name)
    }
    func forgetQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String] {
        try willCall()
        return try inner.forgetQueues(unusedSince: moment, except: kept)
    }
    func setRouting(_ table: RoutingTable) throws {
        try willCall()
        try inner.setRouting(table)
    }
    func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) throws {
        try willCall()
        try inner.keepSamples(samples, forgettingBefore: horizon)
    }
    func forgetWorker(_ id: String) throws -> Bool {
        try willCall()
        return try inner.forgetWorker(id)
    }
    func deleteSchedule(_ name: String) throws -> Bool {
        try willCall()
        return try inner.deleteSchedule(name)
    }

    // MARK: Publishing and undoing

    func tell(_ change: JobChange) { inner.tell(change) }
    func runEntry<Value>(_ body: () throws -> Value) throws -> Value { try inner.runEntry(body) }
    func undoable<Value>(_ body: () throws -> Value) throws -> Value { try inner.undoable(body) }
}
