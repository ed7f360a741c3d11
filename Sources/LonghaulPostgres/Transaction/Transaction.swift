import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// A transaction. It reads and locks jobs in bulk, the rules change them in memory, and it writes them in bulk at the
/// end, so that a transaction of a thousand jobs takes a few round trips. Only the writer's thread uses it.
final class Transaction {
    let connection: Connection
    let cache: WriterCache
    let workers: WorkerRegistry
    let random: any RandomSource
    let retention: Retention
    let limits: StoreLimits
    /// The time of the transaction.
    let now: Timestamp
    /// The state of outages at the beginning of the transaction.
    let start: OutageMonitor.Start
    /// Whether other servers listen.
    let hasPeers: Bool
    let serverID: Int64
    let notificationKey: NotificationKey
    /// A second connection, for changes that stay if the transaction is rolled back.
    let aside: Session
    /// The jobs that in-flight transactions claim.
    let claimedInFlight: Set<JobID>

    var entries: [JobID: TrackedJob] = [:]
    /// The jobs that are known not to exist.
    private var absent: Set<JobID> = []
    var keys: [[UInt8]: TrackedKey] = [:]
    /// The records of state machines and their executions.
    var keyedRecords = TrackedRecords()
    /// The stored reports to executions that were read for leases.
    var storedReports: [JobID: [KeyedRecord]] = [:]
    /// The state to restore; nil outside a savepoint.
    private var undoState: UndoState?

    /// The changes of each queue's counts.
    private(set) var differences: [String: StateCounts] = [:]
    private var counts: [String: StateCounts] = [:]
    private var exactPending: Int?
    /// The changes to publish after the commit.
    private(set) var changes: [JobChange] = []
    /// The lanes that claims have read, by their numbers.
    var readLanes: [Int: ReadLane] = [:]
    /// The queues of pending jobs that claims skipped, because other transactions have locked or taken them.
    var lockedQueues: Set<String> = []
    /// The jobs that maintenance handles.
    var overdue = OverdueJobs()
    /// Whether maintenance has advanced its positions in the cache.
    var hasMaintained = false
    /// The tokens of the queues that this transaction has locked.
    private var buckets: [String: TokenBucket] = [:]
    /// The buckets to write, except those of `newQueues`.
    var newBuckets: [String: TokenBucket] = [:]
    /// Reads the jobs around other jobs, without a lock.
    let familyReader: FamilyReader
    /// Further statements to run at the end.
    var writes: [Request] = []
    /// The statements that write heartbeats, by worker.
    var workerWrites: [String: Request] = [:]
    /// The schedules that were read, with changes; nil for one that does not exist.
    var schedules: [String: ScheduleRecord?] = [:]
    /// The API keys with changes, once they were read.
    var apiKeyRows: [String: APIKey]?
    /// The entries to add to the audit log.
    var auditEntries: [AuditEntry] = []
    /// The webhook deliveries that were read, with changes; nil for one that does not exist.
    var deliveries: [JobID: WebhookDelivery?] = [:]
    /// The queues whose settings are to be written.
    var newQueues: [String: QueueState] = [:]

    /// Whether other servers must be notified of changed settings.
    var changedSettings = false

    /// The state before the changes of a savepoint.
    private struct UndoState {
        var entries: [JobID: TrackedJob?] = [:]
        var keys: [[UInt8]: TrackedKey] = [:]
        var keyedRecords: TrackedRecords
        var differences: [String: StateCounts]
        var newQueues: [String: QueueState]
        var published: Int
    }

    private static let begin = Query("BEGIN")
    private static let opening = Query(
        """
        SELECT coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint), generation, removals,
        EXISTS (
            SELECT FROM longhaul.servers
            WHERE id <> $2::bigint AND is_listening AND seen_at > now() - interval '1 minute')
        FROM longhaul.meta
        """)
    private static let lockQueue = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('longhaul.' || $1::text, 0))")

    /// Begins a transaction and reads the rows that its calls need.
    ///
    /// - Parameter others: the in-flight transactions of this server.
    init(
        _ context: WriterContext, _ connection: Connection, limits: StoreLimits, prefetch: Prefetch,
        beside others: [Transaction]
    ) throws {
        claimedInFlight = others.reduce(into: []) { $0.formUnion($1.claimed) }
        self.connection = connection
        cache = context.cache
        workers = context.workers
        random = context.random
        retention = context.retention
        self.limits = limits
        aside = context.aside
        serverID = context.serverID
        notificationKey = context.notificationKey
        familyReader = FamilyReader(connection)
        var requests = [
            Request(Self.begin), Request(Self.opening, .time(context.clock?.now()), .int8(context.serverID)),
        ]
        let ids = Set(prefetch.ids)
        if !ids.isEmpty {
            let ending = context.cache.hasDurableChildren ? prefetch.ending : []
            requests.append(JobRows.lock(Array(ids), withParentsOf: ending))
        }
        let digests = Set(prefetch.digests)
        if !digests.isEmpty { requests.append(TrackedKey.read(Array(digests))) }
        // After the locks, so that no other transaction changes them.
        let operations = Set(prefetch.operations)
        if !operations.isEmpty { requests.append(JournalQueries.operations(operations)) }
        let records = Set(prefetch.records)
        if !records.isEmpty { requests.append(RecordQueries.lock(records)) }
        var answers = try connection.run(requests)[1...]
        guard var row = answers.popFirst()?.first else {
            throw PostgresError.corrupt("the store has no generation")
        }
        now = row.time()
        start = context.outages.begin(
            at: now, steadySeconds: context.clock.steadySeconds, outageSeconds: limits.outageSeconds)
        if start.mayHaveSteppedBack { context.cache.resetAfterClockStep() }
        let generation = row.int64()
        let removals = row.int64()
        hasPeers = row.bool()
        try cache.refresh(connection, generation: generation, removals: removals, at: now)
        if !ids.isEmpty, let rows = answers.popFirst() {
            try addJobs(rows)
            absent.formUnion(ids.subtracting(entries.keys))
        }
        if !digests.isEmpty, let rows = answers.popFirst() { try add(keys: rows, digests) }
        if !operations.isEmpty, let rows = answers.popFirst() { try add(operations: rows, operations) }
        if !records.isEmpty, let rows = answers.popFirst() { try add(records: rows, records) }
        if !prefetch.ending.isEmpty { try fetchParents(of: prefetch.ending) }
        if !prefetch.leasing.isEmpty { try fetchForLeases(of: prefetch.leasing) }
    }

    /// The clock of leases: the database's clock and this server's outages.
    var leaseClock: LeaseClock { start.clock }

    // MARK: Jobs

    /// Reads and locks jobs that the transaction does not have yet.
    func fetch(_ ids: some Sequence<JobID>, _ locking: JobRows.Locking = .wait) throws {
        let missing = Set(ids.lazy.filter { self.entries[$0] == nil && !self.absent.contains($0) })
        guard !missing.isEmpty else { return }
        try addJobs(connection.run(JobRows.read(Array(missing), locking)))
        if locking == .wait { absent.formUnion(missing.subtracting(entries.keys)) }
    }

    private func addJobs(_ rows: Rows) throws {
        var fetched: [JobID: TrackedJob] = [:]
        for entry in try JobRows.decode(rows) { fetched[entry.row.job.id] = entry }
        let related = JobRows.related(to: fetched, waiting: true)
        if !related.isEmpty { try JobRows.fill(fetched, connection.run(related)) }
        entries.merge(fetched) { present, _ in present }
    }

    /// The row of a job; nil if it does not exist.
    func row(_ id: JobID) throws -> JobRow? {
        if entries[id] == nil { try fetch([id]) }
        guard let entry = entries[id], !entry.isRemoved else { return nil }
        return entry.row
    }

    /// The job of a row with its data in other tables.
    func job(_ row: JobRow) -> Job {
        entries[row.job.id]?.job ?? row.job
    }

    /// Changes a tracked job.
    func change(_ id: JobID, _ body: (TrackedJob) -> Void) {
        guard let entry = entries[id] else { return }
        if undoState != nil, undoState?.entries[id] == nil {
            undoState?.entries.updateValue(TrackedJob(entry), forKey: id)
        }
        body(entry)
    }

    /// Updates the row of a tracked job.
    func update(_ row: JobRow) {
        change(row.job.id) { entry in
            entry.row = row
            entry.isChanged = true
        }
    }

    /// Adds a new job.
    func add(_ entry: TrackedJob) {
        let id = entry.row.job.id
        if undoState != nil, undoState?.entries[id] == nil { undoState?.entries.updateValue(nil, forKey: id) }
        entries[id] = entry
    }

    // MARK: Counts

    /// Counts a job from one state to another; nil stands for a job that does not exist.
    func count(_ spec: JobSpec, from previous: JobState?, to state: JobState?) {
        if let previous { differences[spec.queue, default: StateCounts()][previous] -= 1 }
        if let state { differences[spec.queue, default: StateCounts()][state] += 1 }
        // A job that is submitted to a queue after its deletion makes the queue visible again.
        if let state, !state.isFinal, newQueues[spec.queue]?.isDeleted ?? false {
            newQueues[spec.queue]?.isDeleted = false
        }
    }

    /// The cached counts of a queue, with the changes of this transaction.
    func estimatedCounts(of queue: String) throws -> StateCounts {
        if cache.estimate(of: queue) == nil { try readCounts() }
        return sum(cache.estimate(of: queue) ?? StateCounts(), queue)
    }

    /// The exact counts of a queue. A lock prevents other transactions from changing limited counts until this
    /// transaction has ended.
    func exactCounts(of queue: String) throws -> StateCounts {
        if counts[queue] == nil {
            try connection.run(Request(Self.lockQueue, .text(connection.schema + "." + queue)))
            counts[queue] = try readCounts()[queue] ?? StateCounts()
        }
        return sum(counts[queue] ?? StateCounts(), queue)
    }

    func pendingCount(near bound: Int) throws -> Int {
        if bound >= Self.roomyBound {
            if cache.isCountStale { try readCounts() }
            let known = cache.pendingInAll + differences.values.reduce(0) { $0 + $1[.pending] }
            if known < bound / 2 { return known }
        }
        if exactPending == nil {
            try connection.run(Request(Self.lockQueue, .text(connection.schema)))
            exactPending = try readCounts().values.reduce(0) { $0 + $1[.pending] }
        }
        return (exactPending ?? 0) + differences.values.reduce(0) { $0 + $1[.pending] }
    }

    /// From this limit on, a number below half the limit needs no lock: the other half cannot fill before the cached
    /// counts are read again.
    static let roomyBound = 20_000

    private static let bucket = Query(
        "SELECT tokens, tokens_counted_at FROM longhaul.queues WHERE name = $1::text AND tokens IS NOT NULL")

    /// The exact tokens of a queue's rate limit; the queue is locked first. Nil without a rate limit.
    func bucket(of queue: String) throws -> TokenBucket? {
        if let new = newQueues[queue] { return new.bucket }
        if let known = newBuckets[queue] ?? buckets[queue] { return known }
        _ = try exactCounts(of: queue)
        var row = try connection.run(Request(Self.bucket, .text(queue))).first
        guard let tokens = row?.optionalDouble(), let countedAt = row?.optionalTime() else { return nil }
        let bucket = TokenBucket(tokens: tokens, countedAt: countedAt)
        buckets[queue] = bucket
        return bucket
    }

    func update(_ bucket: TokenBucket, of queue: String) throws {
        // A transaction that began later may have had the lock before. Its token must not be refilled.
        let previous = try self.bucket(of: queue)?.countedAt ?? bucket.countedAt
        let new = TokenBucket(tokens: bucket.tokens, countedAt: max(bucket.countedAt, previous))
        if newQueues[queue] != nil { newQueues[queue]?.bucket = new } else { newBuckets[queue] = new }
    }

    @discardableResult
    private func readCounts() throws -> [String: StateCounts] {
        let read = QueueCounts.decode(try connection.run(QueueCounts.read))
        cache.setCounts(read)
        return read
    }

    private func sum(_ counts: StateCounts, _ queue: String) -> StateCounts {
        guard let difference = differences[queue] else { return counts }
        var sum = counts
        sum += difference
        return sum
    }

    // MARK: Publishing and savepoints

    /// Adds a change to publish after the commit.
    func publish(_ change: JobChange) {
        changes.append(change)
    }

    /// Runs a body and undoes its changes if it throws, so that its error does not affect other calls.
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        undoState = UndoState(
            keyedRecords: keyedRecords, differences: differences, newQueues: newQueues,
            published: changes.count)
        defer { undoState = nil }
        do {
            return try body()
        } catch {
            undo()
            throw error
        }
    }

    private func undo() {
        guard let undoState else { return }
        for (id, entry) in undoState.entries { entries[id] = entry }
        keys.merge(undoState.keys) { _, before in before }
        keyedRecords = undoState.keyedRecords
        differences = undoState.differences
        newQueues = undoState.newQueues
        changes.removeSubrange(undoState.published...)
    }

    /// Records the state of a key before a change.
    func recordUndo(of key: [UInt8], _ entry: TrackedKey) {
        if undoState != nil, undoState?.keys[key] == nil { undoState?.keys[key] = entry }
    }
}
