import LonghaulCore

/// What the operations of one transaction work with: the tables, alone, at one moment.
final class Transaction {
    var tables: Tables
    let limits: StoreLimits
    let random: any RandomSource
    let retention: Retention
    /// The moment at which everything in the transaction happens.
    let now: Timestamp
    /// What is to be told after the commit.
    private(set) var changes: [JobChange] = []
    /// The rule that it breaks, for the simulation to find.
    let flaw: MemoryFlaw?
    /// The submissions that such a flaw checked before.
    var waved: Set<JobID> = []

    init(
        _ tables: Tables, limits: StoreLimits, random: any RandomSource, retention: Retention, now: Timestamp,
        flaw: MemoryFlaw?
    ) {
        self.tables = tables
        self.limits = limits
        self.random = random
        self.retention = retention
        self.now = now
        self.flaw = flaw
    }

    /// The row of this job; nil if there is none.
    func row(_ id: JobID) -> StoredJob? {
        tables.rows[id]?.stored
    }

    /// Writes a row.
    func put(_ row: StoredJob) {
        tables.rows[row.job.id] = Tables.Row(row)
    }

    /// Adds what is to be told after the commit.
    func tell(_ change: JobChange) {
        changes.append(change)
    }

    /// Runs a body whose changes are undone as one if it throws.
    func undoable<Value>(
        _ body: () throws(LonghaulError) -> Value
    ) throws(LonghaulError) -> Value {
        let saved = tables
        let told = changes.count
        do {
            return try body()
        } catch {
            tables = saved
            changes.removeSubrange(told...)
            throw error
        }
    }

    /// The answer of each element, in order; the refusal of one is its own.
    func each<Element, Value>(
        _ elements: [Element], _ body: (Element) throws(LonghaulError) -> Value
    ) -> [Result<Value, LonghaulError>] {
        elements.map { element in
            Result { () throws(LonghaulError) in try body(element) }
        }
    }
}
