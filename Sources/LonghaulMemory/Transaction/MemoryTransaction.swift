package import LonghaulCore
package import LonghaulJSON
package import LonghaulStore

/// A transaction on the tables of a database in memory: the verbs of the rules, over dictionaries.
package final class MemoryTransaction: StoreTransaction {
    /// The tables as this transaction sees them.
    var tables: Tables {
        didSet { hasWritten = true }
    }
    /// Whether the tables were changed since the body began.
    private var hasWritten = false
    /// The number of bodies that changed the tables before they threw.
    private(set) var partialWrites = 0
    package let limits: StoreLimits
    package let workers: WorkerRegistry
    package let random: any RandomSource
    package let retention: Retention
    package let now: Timestamp
    package let leaseClock: LeaseClock
    /// The changes to publish after the commit.
    private(set) var changes: [JobChange] = []

    init(
        _ tables: Tables, limits: StoreLimits, workers: WorkerRegistry, random: any RandomSource,
        retention: Retention, leaseClock: LeaseClock
    ) {
        self.tables = tables
        self.limits = limits
        self.workers = workers
        self.random = random
        self.retention = retention
        now = leaseClock.now
        self.leaseClock = leaseClock
    }

    package func publish(_ change: JobChange) {
        changes.append(change)
    }

    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        let saved = tables
        let published = changes.count
        let hadWritten = hasWritten
        do {
            return try body()
        } catch {
            tables = saved
            changes.removeSubrange(published...)
            hasWritten = hadWritten
            throw error
        }
    }

    /// Runs the body of an entry, and undoes its changes if it throws.
    ///
    /// The SQL stores share a transaction between calls and keep what an entry wrote before it threw. A rule must
    /// therefore throw before it writes, or use ``savepoint(_:)``. A body that did neither is counted, unless the error is
    /// one of the database, which rolls everything back.
    package func runEntry<Value>(_ body: () throws -> Value) throws -> Value {
        let saved = tables
        let published = changes.count
        let hadWritten = hasWritten
        hasWritten = false
        defer { hasWritten = hasWritten || hadWritten }
        do {
            return try body()
        } catch {
            if hasWritten {
                if error is LonghaulError { partialWrites += 1 }
                tables = saved
                changes.removeSubrange(published...)
            }
            throw error
        }
    }

    /// Changes a stored job, if it exists.
    func change(_ id: JobID, _ body: (inout StoredJob) -> Void) {
        guard var stored = tables.rows[id]?.stored else { return }
        body(&stored)
        tables.rows[id] = Tables.Row(stored)
    }

    /// A stored job.
    ///
    /// - Throws: `internal` if it does not exist, although a rule has its row.
    func stored(_ row: JobRow) throws -> StoredJob {
        guard let stored = tables.rows[row.job.id]?.stored else {
            throw LonghaulError(.internal, "the job \(row.job.id) does not exist")
        }
        return stored
    }

    // MARK: Rows

    package func prefetch(_ ids: [JobID]) {}

    package func row(_ id: JobID) -> JobRow? { tables.rows[id]?.stored.row }

    package func rowOfSameCall(_ id: JobID) -> JobRow? { row(id) }

    package func makeRow(of job: Job) throws -> JobRow {
        guard row(job.id) == nil else {
            throw LonghaulError(.conflict, "there is a job \(job.id) already")
        }
        return JobRow(job: job)
    }

    package func enqueue(_ row: inout JobRow, isLate: Bool) {}

    package func insert(_ row: JobRow, fault: FaultRow?) {
        tables.rows[row.job.id] = Tables.Row(StoredJob(row))
        add(fault, to: row)
    }

    package func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) {
        if previous == .failed { leaveGroup(row.job.id) }
        update(row)
        add(fault, to: row)
    }

    package func update(_ row: JobRow) {
        change(row.job.id) { $0.update(row) }
    }

    package func updateLease(_ row: JobRow) { update(row) }

    package func markParent(_ row: JobRow) {
        change(row.job.id) { $0.markParent() }
    }

    /// Does nothing: ``update(_:)`` stores the whole row.
    package func replaceSpec(of row: JobRow, from previous: JobSpec) {}

    package func delete(_ row: JobRow) {
        if row.job.state == .failed { leaveGroup(row.job.id) }
        tables.rows[row.job.id] = nil
        tables.keys = tables.keys.filter { $0.value.jobID != row.job.id }
        tables.deliveries = tables.deliveries.filter { $0.value.jobID != row.job.id }
        count(row.job.spec, from: row.job.state, to: nil)
    }

    // MARK: Data of rows

    package func faults(of row: JobRow) throws -> [FaultRow] { try stored(row).faults }

    package func fingerprint(of row: JobRow) throws -> String? { try stored(row).row.job.fingerprint }

    package func job(_ row: JobRow) throws -> Job { try stored(row).whole(row) }

    package func family(of row: JobRow) throws -> Job { try tables.family(of: try stored(row), row) }

    package func collected(from ids: [JobID]) throws -> JSONText { try tables.collected(from: ids) }

    package func unendedChildren(of id: JobID, limit: Int) -> [JobID] {
        tables.rows { $0.row.job.parentID == id && !$0.state.isFinal }.prefix(limit).map(\.id)
    }

    package func parentsAmongChildren(of id: JobID) -> [JobID] {
        tables.rows { $0.row.job.parentID == id && $0.row.isParent }.map(\.id)
    }

    package func addDependency(of row: JobRow, on other: JobRow) {
        change(other.job.id) { other in
            other.dependents.insert(row.job.id)
            other.markAwaited()
        }
    }

    /// Nothing: reading finds dependents by their `dependsOn`.
    package func addResolvedDependency(of row: JobRow, on other: JobRow) {}

    package func resolveDependents(of row: JobRow, _ body: (inout JobRow) throws -> Void) throws {
        let dependents = try stored(row).dependents.sorted()
        change(row.job.id) { $0.dependents = [] }
        for id in dependents {
            guard var dependent = self.row(id) else { continue }
            try body(&dependent)
        }
    }
}
