import LonghaulCore
import LonghaulStore

/// The writer's cache of queues, lanes and counts. It can be read again from the database at any time. Only the
/// writer's thread uses it.
final class WriterCache {
    /// The maximum age of cached counts, in seconds.
    private static let countsSeconds = 1.0
    /// The time after which an empty lane is deleted, and the interval of that sweep, in seconds.
    let laneSeconds: Double

    /// The maximum number of generations whose changes are read individually.
    private static let maxGenerationsAtOnce: Int64 = 500

    /// The last generation of queues and lanes that was read; -1 to read all of them.
    private var generation: Int64 = -1
    /// The last deletion of queues or lanes that was read. A deletion leaves no row, so a new value means that all
    /// queues and lanes are read again.
    private var removals: Int64 = -1
    /// The queues, without their counts.
    private var queues: [String: QueueState] = [:]
    /// The queues that transactions of this server changed since the last sweep.
    private var used: Set<String> = []
    /// The queues whose pending jobs are being sorted into partitions, with the position of the sorter. After a
    /// restart, sorting begins again.
    private(set) var sorting: [String: PendingRow] = [:]
    /// The round robin of partitioned queues.
    var turns = PartitionTurns()
    private(set) var lanes: [Int: PendingLane] = [:]
    private var laneIDs: [LaneKey: Int] = [:]
    private var lanesOfQueue: [String: Set<Int>] = [:]
    private var counts: [String: StateCounts] = [:]
    private var countedAt = -Double.infinity
    /// The lower bound of the next agenda scan.
    var agendaFloor = Timestamp(milliseconds: 0)
    /// Whether leases may end later than one lease length from now, because the database's clock was set back.
    var hasLongLeases = false
    /// Whether this server has seen a child job of a durable job.
    var hasDurableChildren = false
    /// When the positions were last reset, on the connection's clock.
    private(set) var resetAt = -Double.infinity
    /// When maintenance last searched from the beginning, on the connection's clock.
    var searchedAt = -Double.infinity

    init(laneSeconds: Double) {
        self.laneSeconds = laneSeconds
    }

    private static let queueColumns =
        "SELECT \(QueueState.columnNames) FROM longhaul.queues"
    private static let laneColumns =
        "SELECT id, queue, kind, labels, partition_value, priority, is_late FROM longhaul.lanes"
    private static let changed = " WHERE generation = ANY($1::bigint[])"
    private static let allQueues = Query(queueColumns)
    private static let allLanes = Query(laneColumns)
    private static let changedQueues = Query(queueColumns + changed)
    private static let changedLanes = Query(laneColumns + changed)
    private static let newQueues = Query(
        """
        WITH change AS (UPDATE longhaul.meta SET generation = generation + 1 RETURNING generation)
        INSERT INTO longhaul.queues (name, max_depth, paused, generation, used_at)
        SELECT name, $2::bigint, false, generation, $3::bigint FROM unnest($1::text[]) name CROSS JOIN change
        ON CONFLICT DO NOTHING
        """)
    private static let newLane = Query(
        """
        WITH change AS (UPDATE longhaul.meta SET generation = generation + 1 RETURNING generation),
        queue AS (
            INSERT INTO longhaul.queues (name, max_depth, paused, generation, used_at)
            SELECT $1::text, $7::bigint, false, generation, $8::bigint FROM change ON CONFLICT DO NOTHING)
        INSERT INTO longhaul.lanes (queue, kind, labels, partition_value, priority, is_late, generation)
        SELECT $1::text, $2::text, $3::text, $4::text, $5::bigint, $6::boolean, generation FROM change
        ON CONFLICT DO NOTHING RETURNING id
        """)
    private static let knownLane = Query(
        """
        SELECT id FROM longhaul.lanes WHERE queue = $1::text AND kind = $2::text
        AND labels = $3::text AND partition_value = $4::text AND priority = $5::bigint AND is_late = $6::boolean
        """)

    /// Reads the queues and lanes that this server or another one has added, changed or deleted.
    ///
    /// The cost grows with the number of changes, not with the number of queues and lanes, unless some were
    /// deleted by another server.
    func refresh(_ connection: Connection, generation: Int64, removals: Int64, at now: Timestamp) throws {
        let isChanged = generation != self.generation
        guard isChanged || removals != self.removals else { return }
        let isComplete =
            self.generation >= 0 && removals == self.removals && generation > self.generation
            && generation - self.generation <= Self.maxGenerationsAtOnce
        if isComplete {
            var generations = ArrayParameter(.int8)
            for number in (self.generation + 1)...generation { generations.append(number) }
            let answers = try connection.run([
                Request(Self.changedQueues, [generations.parameter]),
                Request(Self.changedLanes, [generations.parameter]),
            ])
            try updateQueues(answers[0])
            try updateLanes(answers[1], at: now)
        } else {
            let answers = try connection.run([Request(Self.allQueues), Request(Self.allLanes)])
            let names = try updateQueues(answers[0])
            for queue in queues.keys where !names.contains(queue) { remove(queue: queue) }
            let ids = try updateLanes(answers[1], at: now)
            for id in lanes.keys where !ids.contains(id) { remove(lane: id) }
        }
        self.generation = generation
        self.removals = removals
    }

    @discardableResult
    private func updateQueues(_ rows: Rows) throws -> Set<String> {
        var names: Set<String> = []
        for index in 0..<rows.count {
            var row = rows[index]
            let (name, new) = try QueueState.read(&row)
            // A change of the tag starts the sorting again.
            if !new.isSorting || queues[name]?.settings.partitionBy != new.settings.partitionBy {
                sorting[name] = nil
            }
            if new.isSorting, sorting[name] == nil { sorting[name] = PendingRow() }
            queues[name] = new
            names.insert(name)
        }
        return names
    }

    @discardableResult
    private func updateLanes(_ rows: Rows, at now: Timestamp) throws -> Set<Int> {
        var ids: Set<Int> = []
        for index in 0..<rows.count {
            var row = rows[index]
            let id = row.int()
            let key = LaneKey(
                queue: row.text(), kind: row.text(), labels: try TextCoding.map(row.text()),
                partition: row.text(), priority: row.int(), isLate: row.bool())
            add(id, key, at: now)
            ids.insert(id)
        }
        return ids
    }

    private func add(_ id: Int, _ key: LaneKey, at now: Timestamp) {
        guard lanes[id] == nil else { return }
        lanes[id] = PendingLane(id: id, key: key, head: 0, seenAt: now)
        laneIDs[key] = id
        lanesOfQueue[key.queue, default: []].insert(id)
    }

    /// Reads all queues and lanes again at the next transaction.
    func invalidate() {
        generation = -1
    }

    /// Removes a lane from the cache.
    func remove(lane id: Int) {
        guard let key = lanes.removeValue(forKey: id)?.key else { return }
        if laneIDs[key] == id { laneIDs[key] = nil }
        lanesOfQueue[key.queue]?.remove(id)
        if lanesOfQueue[key.queue]?.isEmpty ?? false { lanesOfQueue[key.queue] = nil }
    }

    /// Removes a queue from the cache.
    func remove(queue name: String) {
        queues[name] = nil
        sorting[name] = nil
        counts[name] = nil
    }

    /// Records a deletion by this server. Deletions by other servers in between are still to be read.
    func recordRemoval(_ removal: Int64) {
        if removal == removals + 1 { removals = removal }
    }

    // MARK: Queues

    /// A queue without its counts; nil if there is none, according to the cache.
    func queue(_ name: String) -> QueueState? { queues[name] }

    /// Records that every pending job of a queue has its partition.
    func endSorting(_ queue: String) {
        sorting[queue] = nil
        queues[queue]?.endSorting()
    }

    /// Inserts unknown queues on a second connection, so that they stay if the transaction is rolled back.
    func insertQueues(_ names: some Sequence<String>, _ aside: Connection, at now: Timestamp) throws {
        let new = names.filter { queues[$0] == nil }.sorted()
        guard !new.isEmpty else { return }
        try aside.run(Request(Self.newQueues, .texts(new), .int8(QueueSettings().maxDepth), .time(now)))
        for name in new { queues[name] = QueueState() }
    }

    /// Returns the queues that were used since the last call.
    func drainUsed() -> [String] {
        defer { used = [] }
        return used.sorted()
    }

    /// The number of queues, according to the cache.
    var queueCount: Int { queues.count }

    /// Whether pending jobs of a queue may have partitions of their own.
    func hasPartitions(_ queue: String) -> Bool {
        queues[queue]?.settings.partitionBy != nil || sorting[queue] != nil
    }

    /// Sets the position of the sorter in a queue.
    func setSorting(_ queue: String, after place: PendingRow) {
        sorting[queue] = place
    }

    // MARK: Lanes

    /// The identifier of a lane. A lane that does not exist is inserted on a second connection.
    func lane(_ key: LaneKey, at now: Timestamp, _ aside: () throws -> Connection) throws -> Int {
        if let id = laneIDs[key] { return id }
        let connection = try aside()
        let parameters: [Parameter] = [
            .text(key.queue), .text(key.kind), .text(TextCoding.encode(key.labels)), .text(key.partition),
            .int8(key.priority), .bool(key.isLate),
        ]
        // With its queue, which another server may have just deleted.
        let queue: [Parameter] = [.int8(QueueSettings().maxDepth), .time(now)]
        var made = try connection.run(Request(Self.newLane, parameters + queue)).first
        if made == nil { made = try connection.run(Request(Self.knownLane, parameters)).first }
        guard let id = made?.int() else { throw PostgresError.corrupt("there is no lane \(key)") }
        add(id, key, at: now)
        return id
    }

    /// The lanes of a queue.
    func lanes(of queue: String) -> [PendingLane] {
        (lanesOfQueue[queue] ?? []).compactMap { lanes[$0] }
    }

    /// The lanes of a queue that match a request.
    func lanes(of queue: String, for request: LeaseRequest) -> [PendingLane] {
        let kinds = Set(request.kinds)
        return lanes(of: queue).filter { lane in
            (kinds.isEmpty || kinds.contains(lane.key.kind))
                && LabelRule.serves(request.worker.labels, needed: lane.key.labels)
        }
    }

    /// Records a pending job.
    func recordPending(_ place: PendingPlace, at now: Timestamp) {
        lanes[place.lane]?.recordPending(place.position, at: now)
    }

    /// Records a pending job of another server, whose position is unknown.
    func recordPending(_ change: JobChange) {
        let position = min(PendingPlace.position(of: change.jobID), PendingPlace.position(at: change.at))
        for lane in lanes(of: change.queue)
        where lane.key.kind == change.kind && lane.key.priority == change.priority
            && lane.key.labels == change.labels
        {
            lanes[lane.id]?.recordPending(position, at: change.at)
        }
    }

    private static let heads = Query(
        """
        SELECT l.id, (
            SELECT p.pos FROM longhaul.pending p WHERE p.lane = l.id ORDER BY p.pos, p.id LIMIT 1)
        FROM longhaul.lanes l
        """)

    /// Reads the first position of every lane.
    func findHeads(_ connection: Connection, at now: Timestamp) throws {
        let rows = try connection.run(Request(Self.heads))
        for index in 0..<rows.count {
            var row = rows[index]
            let id = row.int()
            lanes[id]?.head = row.optionalInt64()
            if lanes[id]?.head != nil { lanes[id]?.seenAt = now }
        }
    }

    /// Resets all positions, so that the next scans begin at the start. Used after missed notifications.
    func resetPositions() {
        for id in lanes.keys { lanes[id]?.head = 0 }
        agendaFloor = Timestamp(milliseconds: 0)
        countedAt = -.infinity
        resetAt = Connection.seconds()
    }

    /// Resets positions after the database's clock was, or may have been, set back.
    func resetAfterClockStep() {
        agendaFloor = Timestamp(milliseconds: 0)
        hasLongLeases = true
    }

    /// Resets the positions of maintenance.
    func resetMaintenance() {
        hasLongLeases = true
        agendaFloor = Timestamp(milliseconds: 0)
        searchedAt = -.infinity
        generation = -1
        for queue in sorting.keys { sorting[queue] = PendingRow() }
    }

    /// Sets the lower bound of pending positions.
    func setHead(_ head: Int64?, of lane: Int) {
        lanes[lane]?.head = head
    }

    // MARK: Counts

    /// The cached counts by state; nil if they are too old.
    func estimate(of queue: String) -> StateCounts? {
        guard !isCountStale else { return nil }
        return counts[queue] ?? StateCounts()
    }

    /// Whether the cached counts are too old.
    var isCountStale: Bool { Connection.seconds() - countedAt >= Self.countsSeconds }

    /// The number of pending jobs in all queues, according to the cache.
    var pendingInAll: Int { counts.values.reduce(0) { $0 + $1[.pending] } }

    /// Sets counts that were read.
    func setCounts(_ read: [String: StateCounts]) {
        counts = read
        countedAt = Connection.seconds()
    }

    /// Adds the changes of a transaction of this server.
    func add(_ differences: [String: StateCounts]) {
        used.formUnion(differences.keys)
        for (queue, difference) in differences { counts[queue, default: StateCounts()] += difference }
    }
}
