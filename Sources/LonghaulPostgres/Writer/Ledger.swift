import LonghaulCore
import LonghaulStoreRules

/// What the writer remembers from one transaction to the next: queues, lanes and counts. All of it can be
/// read again from the database; nothing here is the truth. Belongs to the writer's thread.
final class Ledger {
    /// For how long counts may be old where the database is not asked, in seconds.
    private static let countsSeconds = 1.0

    /// The database's generation of queues and lanes that is known here.
    private var generation: Int64 = -1
    private var settings: [String: QueueSettings] = [:]
    /// The queues some of whose pending jobs may not have been given their partition yet, and behind what the
    /// search for them goes on. After a restart it begins again.
    private(set) var sorting: [String: PendingRow] = [:]
    /// Whose turn it is in queues that are partitioned.
    var turns = PartitionTurns()
    private(set) var lanes: [Int: Lane] = [:]
    private var laneIDs: [LaneKey: Int] = [:]
    private var lanesOfQueue: [String: [Int]] = [:]
    private var counts: [String: [Int]] = [:]
    private var countedAt = -Double.infinity
    /// Up to where the agenda has nothing that is overdue, for all that is known.
    var agendaFloor = Timestamp(milliseconds: 0)
    /// Whether leases may end later than one lease length from now, as the database's clock was set back.
    var hasLongLeases = false
    /// When nothing was last taken for granted, on the connection's clock.
    private(set) var forgottenAt = -Double.infinity
    /// When things were last looked at from their beginning, on the connection's clock.
    var searchedAt = -Double.infinity

    private static let queueRows = Query(
        "SELECT name, \(QueueSettings.columns), is_sorting FROM longhaul.queues")
    private static let laneRows = Query(
        "SELECT id, queue, kind, labels, partition_value, priority, is_late FROM longhaul.lanes")
    private static let newQueues = Query(
        """
        WITH new AS (
            INSERT INTO longhaul.queues (name, max_depth, paused)
            SELECT name, $2::bigint, false FROM unnest($1::text[]) name ON CONFLICT DO NOTHING)
        UPDATE longhaul.meta SET generation = generation + 1
        """)
    private static let newLane = Query(
        """
        WITH generation AS (UPDATE longhaul.meta SET generation = generation + 1)
        INSERT INTO longhaul.lanes (queue, kind, labels, partition_value, priority, is_late)
        VALUES ($1::text, $2::text, $3::text, $4::text, $5::bigint, $6::boolean)
        ON CONFLICT DO NOTHING RETURNING id
        """)
    private static let knownLane = Query(
        """
        SELECT id FROM longhaul.lanes WHERE queue = $1::text AND kind = $2::text
        AND labels = $3::text AND partition_value = $4::text AND priority = $5::bigint AND is_late = $6::boolean
        """)

    /// Reads queues and lanes again if another server, or this one, has made or changed some.
    func refresh(_ connection: Connection, generation: Int64) throws {
        guard generation != self.generation else { return }
        let answers = try connection.run([Request(Self.queueRows), Request(Self.laneRows)])
        for index in 0..<answers[0].count {
            var row = answers[0][index]
            let name = row.text()
            let new = QueueSettings(&row)
            // What has been sorted by another tag is to be sorted anew.
            if settings[name]?.partitionBy != new.partitionBy { sorting[name] = nil }
            settings[name] = new
            setSorting(name, row.bool())
        }
        for index in 0..<answers[1].count {
            var row = answers[1][index]
            let id = row.int()
            add(
                id,
                LaneKey(
                    queue: row.text(), kind: row.text(), labels: try TextCoding.map(row.text()),
                    partition: row.text(), priority: row.int(), isLate: row.bool()))
        }
        self.generation = generation
    }

    private func add(_ id: Int, _ key: LaneKey) {
        guard lanes[id] == nil else { return }
        lanes[id] = Lane(id: id, key: key, head: 0)
        laneIDs[key] = id
        lanesOfQueue[key.queue, default: []].append(id)
    }

    // MARK: Queues

    /// A queue's settings; the defaults if it has never been used.
    func settings(of queue: String) -> QueueSettings {
        settings[queue] ?? QueueSettings()
    }

    /// Makes queues that are not known, apart from the transaction that uses them, which may come to nothing.
    func make(_ queues: some Sequence<String>, _ aside: Connection) throws {
        let new = queues.filter { settings[$0] == nil }.sorted()
        guard !new.isEmpty else { return }
        try aside.run(Request(Self.newQueues, .texts(new), .int8(QueueSettings().maxDepth)))
        for queue in new { settings[queue] = QueueSettings() }
        generation = -1
    }

    /// The partition of a job by the present settings of its queue.
    func partition(of spec: JobSpec) -> String {
        settings(of: spec.queue).partitionBy.flatMap { spec.tags[$0] } ?? ""
    }

    /// Whether pending jobs of a queue may have partitions of their own.
    func hasPartitions(_ queue: String) -> Bool {
        settings(of: queue).partitionBy != nil || sorting[queue] != nil
    }

    private func setSorting(_ queue: String, _ isSorting: Bool) {
        if !isSorting {
            sorting[queue] = nil
        } else if sorting[queue] == nil {
            sorting[queue] = PendingRow()
        }
    }

    /// Goes on with the sorting of a queue behind a place; nil ends it.
    func sort(_ queue: String, behind place: PendingRow?) {
        sorting[queue] = place
    }

    /// Reads settings again before the next transaction: some were set, and others may have set them since.
    func forgetSettings() {
        generation = -1
    }

    // MARK: Lanes

    /// The number of a lane; made, apart from the transaction that uses it, if there is none.
    func lane(_ key: LaneKey, _ aside: () throws -> Connection) throws -> Int {
        if let id = laneIDs[key] { return id }
        let connection = try aside()
        let parameters: [Parameter] = [
            .text(key.queue), .text(key.kind), .text(TextCoding.encode(key.labels)), .text(key.partition),
            .int8(key.priority), .bool(key.isLate),
        ]
        var made = try connection.run(Request(Self.newLane, parameters)).first
        if made == nil { made = try connection.run(Request(Self.knownLane, parameters)).first }
        guard let id = made?.int() else { throw PostgresError.corrupt("there is no lane \(key)") }
        add(id, key)
        return id
    }

    /// The lanes of a queue.
    func lanes(of queue: String) -> [Lane] {
        (lanesOfQueue[queue] ?? []).compactMap { lanes[$0] }
    }

    /// The lanes of a queue that a request may be given jobs of.
    func lanes(of queue: String, for request: LeaseRequest) -> [Lane] {
        let kinds = Set(request.kinds)
        return lanes(of: queue).filter { lane in
            (kinds.isEmpty || kinds.contains(lane.key.kind))
                && LabelRule.serves(request.worker.labels, needed: lane.key.labels)
        }
    }

    /// Notes that a job waits.
    func note(_ place: PendingPlace, at now: Timestamp) {
        lanes[place.lane]?.note(place.position, at: now)
    }

    /// Notes that another server made a job wait, whose place is not known.
    func note(_ change: JobChange) {
        let position = min(PendingPlace.position(of: change.jobID), PendingPlace.position(at: change.at))
        for lane in lanes(of: change.queue)
        where lane.key.kind == change.kind && lane.key.priority == change.priority
            && lane.key.labels == change.labels
        {
            lanes[lane.id]?.note(position, at: change.at)
        }
    }

    private static let heads = Query(
        """
        SELECT l.id, (
            SELECT p.pos FROM longhaul.pending p WHERE p.lane = l.id ORDER BY p.pos, p.id LIMIT 1)
        FROM longhaul.lanes l
        """)

    /// Looks for the front of every lane from its beginning.
    func findHeads(_ connection: Connection, at now: Timestamp) throws {
        let rows = try connection.run(Request(Self.heads))
        for index in 0..<rows.count {
            var row = rows[index]
            let id = row.int()
            lanes[id]?.head = row.optionalInt64()
        }
    }

    /// Takes nothing for granted any more of what others may have written: everything is looked at from its
    /// beginning.
    func lookFromTheBeginning() {
        for id in lanes.keys { lanes[id]?.head = 0 }
        agendaFloor = Timestamp(milliseconds: 0)
        countedAt = -.infinity
        forgottenAt = Connection.seconds()
    }

    /// Notes that the database's clock was, or may have been, set back.
    func noteStepBack() {
        agendaFloor = Timestamp(milliseconds: 0)
        hasLongLeases = true
    }

    /// Takes nothing for granted any more of what upkeep has done.
    func maintainFromTheBeginning() {
        hasLongLeases = true
        agendaFloor = Timestamp(milliseconds: 0)
        searchedAt = -.infinity
        generation = -1
        for queue in sorting.keys { sorting[queue] = PendingRow() }
    }

    /// Sets the place before which nothing waits.
    func setHead(_ head: Int64?, of lane: Int) {
        lanes[lane]?.head = head
    }

    // MARK: Counts

    /// The counts by state as far as they are known without asking, if they are fresh enough.
    func estimate(of queue: String) -> [Int]? {
        guard !isCountStale else { return nil }
        return counts[queue] ?? QueueCounts.none
    }

    /// Whether counts are too old to be used without asking.
    var isCountStale: Bool { Connection.seconds() - countedAt >= Self.countsSeconds }

    /// How many jobs are pending in all queues, as far as it is known.
    var pendingInAll: Int { counts.values.reduce(0) { $0 + $1[JobState.pending.code] } }

    /// Takes counts that were read.
    func take(_ read: [String: [Int]]) {
        counts = read
        countedAt = Connection.seconds()
    }

    /// Adds what a transaction of this server has changed.
    func add(_ differences: [String: [Int]]) {
        for (queue, difference) in differences {
            counts[queue] = zip(counts[queue] ?? QueueCounts.none, difference).map { $0 + $1 }
        }
    }
}
