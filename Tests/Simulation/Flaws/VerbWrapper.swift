import LonghaulCore
import LonghaulJSON
import LonghaulMemory
import LonghaulStore

/// A type in front of a memory transaction. It passes every verb on; a broken engine replaces one of them.
///
/// The rules call the verbs of the wrapper, so they run exactly as shipped.
protocol VerbWrapper: MemoryVerbs {}

extension VerbWrapper {
    var now: Timestamp { base.now }
    var leaseClock: LeaseClock { base.leaseClock }
    var random: any RandomSource { base.random }
    var retention: Retention { base.retention }

    // MARK: Rows

    func fetch(_ ids: [JobID]) throws { base.fetch(ids) }
    func row(_ id: JobID) throws -> JobRow? { base.row(id) }
    func rowOfSameCall(_ id: JobID) throws -> JobRow? { base.rowOfSameCall(id) }
    func makeRow(of job: Job) throws -> JobRow { try base.makeRow(of: job) }
    func line(up row: inout JobRow, isLate: Bool) throws { base.line(up: &row, isLate: isLate) }
    func insert(_ row: JobRow, fault: FaultRow?) throws { base.insert(row, fault: fault) }
    func keep(_ row: JobRow, movedFrom previous: JobState, fault: FaultRow?) throws {
        base.keep(row, movedFrom: previous, fault: fault)
    }
    func save(_ row: JobRow) throws { base.save(row) }
    func keepRenewed(_ row: JobRow) throws { base.keepRenewed(row) }
    func markParent(_ row: JobRow) throws { base.markParent(row) }
    func remove(_ row: JobRow) throws { base.remove(row) }

    // MARK: Data of rows

    func faults(of row: JobRow) throws -> [FaultRow] { try base.faults(of: row) }
    func fingerprint(of row: JobRow) throws -> String? { try base.fingerprint(of: row) }
    func job(_ row: JobRow) throws -> Job { try base.job(row) }
    func family(of row: JobRow) throws -> Job { try base.family(of: row) }
    func collected(from ids: [JobID]) throws -> JSONText { base.collected(from: ids) }
    func unendedChildren(of id: JobID, limit: Int) throws -> [JobID] {
        base.unendedChildren(of: id, limit: limit)
    }
    func parentsAmongChildren(of id: JobID) throws -> [JobID] { base.parentsAmongChildren(of: id) }
    func addDependency(of row: JobRow, on other: JobRow) throws { base.addDependency(of: row, on: other) }
    func addResolvedDependency(of row: JobRow, on other: JobRow) throws {
        base.addResolvedDependency(of: row, on: other)
    }
    func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        try base.resolveDependents(of: row, body)
    }

    // MARK: Keys, queues, workers, schedules

    func fetch(keys: [SubmissionKey]) throws { base.fetch(keys: keys) }
    func storedKey(_ key: SubmissionKey) throws -> StoredKey? { base.storedKey(key) }
    func keep(_ stored: StoredKey, for key: SubmissionKey, of row: JobRow) throws {
        base.keep(stored, for: key, of: row)
    }
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        base.count(spec, from: previous, to: state)
    }
    func checkRoom(for state: JobState, in queue: String) throws { try base.checkRoom(for: state, in: queue) }
    func room(in queue: String) throws -> Int { base.room(in: queue) }
    func takeToken(of queue: String) throws { base.takeToken(of: queue) }
    func note(_ request: LeaseRequest) throws { base.note(request) }
    func note(heartbeatOf worker: String) throws { base.note(heartbeatOf: worker) }
    func schedule(_ name: String) throws -> ScheduleRecord? { base.schedule(name) }
    func save(_ record: ScheduleRecord) throws { base.save(record) }

    func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        try base.setQueue(name, settings)
    }
    func deleteQueue(_ name: String) throws -> Bool { try base.deleteQueue(name) }
    func forgetQueues(unusedSince moment: Timestamp, except kept: Set<String>) throws -> [String] {
        base.forgetQueues(unusedSince: moment, except: kept)
    }
    func setRouting(_ table: RoutingTable) throws { base.setRouting(table) }
    func keepSamples(_ samples: [QueueSample], forgettingBefore horizon: Timestamp) throws {
        base.keepSamples(samples, forgettingBefore: horizon)
    }
    func forgetWorker(_ id: String) throws -> Bool { base.forgetWorker(id) }
    func deleteSchedule(_ name: String) throws -> Bool { base.deleteSchedule(name) }

    // MARK: Publishing and undoing

    func tell(_ change: JobChange) { base.tell(change) }
    func runEntry<Value>(_ body: () throws -> Value) throws -> Value { try base.runEntry(body) }
    func undoable<Value>(_ body: () throws -> Value) throws -> Value { try base.undoable(body) }
}
