import LonghaulCore
import LonghaulStore

/// Deletes lanes and queues that are no longer used.
extension WriterCache {
    /// The maximum number of lanes, or queues, that one sweep deletes.
    private static let maxPerSweep = 1000

    private static let begin = Query("BEGIN")
    private static let commit = Query("COMMIT")
    private static let countRemoval = Query(
        "UPDATE longhaul.meta SET removals = removals + 1 RETURNING removals")
    private static let lockLanes = Query(
        "SELECT id FROM longhaul.lanes WHERE id = ANY($1::integer[]) ORDER BY id FOR UPDATE SKIP LOCKED")
    private static let deleteLanes = Query(
        """
        DELETE FROM longhaul.lanes l WHERE l.id = ANY($1::integer[])
        AND NOT EXISTS (SELECT FROM longhaul.pending p WHERE p.lane = l.id) RETURNING l.id
        """)

    /// Deletes lanes that have been empty for a while, in a transaction of its own.
    ///
    /// A transaction that adds jobs to a lane holds the lane's row (`hold_lanes`) until its commit. The sweep skips
    /// such rows. Once it has locked a row, it looks for pending jobs in a statement of its own, which sees every
    /// commit before the lock. A transaction that comes later finds no row, fails as a conflict, and runs again
    /// with a new lane.
    func sweepLanes(_ aside: Connection, at now: Timestamp) throws {
        var empty = ArrayParameter(.int4)
        for lane in lanes.values
        where lane.head == nil && now.seconds(since: lane.seenAt) >= laneSeconds {
            empty.append(lane.id)
            if empty.count == Self.maxPerSweep { break }
        }
        guard empty.count > 0 else { return }
        try removing(aside) {
            let locked = try aside.run(Request(Self.lockLanes, [empty.parameter])).map { $0.int() }
            let deleted = try delete(lanes: locked, aside)
            return (deleted, [])
        }
    }

    private func delete(lanes ids: [Int], _ aside: Connection) throws -> [Int] {
        var locked = ArrayParameter(.int4)
        for id in ids { locked.append(id) }
        return try aside.run(Request(Self.deleteLanes, [locked.parameter])).map { $0.int() }
    }

    /// Runs a body that deletes lanes and queues, in a transaction, and removes them from the cache afterwards.
    ///
    /// The row of `meta` is locked first, as an insertion of a lane or queue does, so that the two never wait for each
    /// other.
    private func removing(
        _ aside: Connection, _ body: () throws -> (lanes: [Int], queues: [String])
    ) throws {
        do {
            let answers = try aside.run([Request(Self.begin), Request(Self.countRemoval)])
            let deleted = try body()
            guard !deleted.lanes.isEmpty || !deleted.queues.isEmpty, var row = answers[1].first else {
                return try aside.rollBack()
            }
            try aside.run(Request(Self.commit))
            recordRemoval(row.int64())
            for id in deleted.lanes { remove(lane: id) }
            for name in deleted.queues { remove(queue: name) }
        } catch {
            if !aside.isBroken { try aside.rollBack() }
            throw error
        }
    }

    // MARK: Queues

    private static let isCounted =
        "HAVING " + JobState.byCode.map { "sum(\($0.rawValue)) <> 0" }.joined(separator: " OR ")
    private static let isActive =
        "HAVING sum(scheduled) + sum(blocked) + sum(pending) + sum(processing) + sum(retrying) > 0"
    private static let touch = Query(
        "UPDATE longhaul.queues SET used_at = greatest(used_at, $2::bigint) WHERE name = ANY($1::text[])")
    private static let lost = Query(
        """
        SELECT c.queue FROM longhaul.queue_counts c
        WHERE NOT EXISTS (SELECT FROM longhaul.queues q WHERE q.name = c.queue)
        GROUP BY c.queue \(isCounted) LIMIT 1000
        """)
    private static let revive = Query(
        """
        WITH found AS (
            SELECT q.name FROM longhaul.queues q WHERE q.is_deleted AND q.name IN (
                SELECT c.queue FROM longhaul.queue_counts c GROUP BY c.queue \(isActive))),
        change AS (
            UPDATE longhaul.meta SET generation = generation + 1 WHERE EXISTS (SELECT FROM found)
            RETURNING generation)
        UPDATE longhaul.queues q SET is_deleted = false, used_at = $1::bigint, generation = change.generation
        FROM change WHERE q.name IN (SELECT name FROM found)
        """)
    private static let isUnused = """
        (q.is_deleted OR q.used_at < $1::bigint AND q.name <> ALL($2::text[]))
        AND q.max_depth = $3::bigint AND q.max_waiting IS NULL AND NOT q.paused AND q.max_concurrency IS NULL
        AND q.rate_jobs IS NULL AND q.partition_by IS NULL AND q.max_size IS NULL
        AND q.name NOT IN (SELECT c.queue FROM longhaul.queue_counts c GROUP BY c.queue \(isCounted))
        """
    private static let unused = Query(
        "SELECT q.name FROM longhaul.queues q WHERE \(isUnused) LIMIT \(maxPerSweep)")
    private static let lockLanesOfQueues = Query(
        """
        SELECT id FROM longhaul.lanes WHERE queue = ANY($1::text[]) ORDER BY id FOR UPDATE SKIP LOCKED
        """)
    private static let deleteQueues = Query(
        """
        DELETE FROM longhaul.queues q WHERE \(isUnused) AND q.name = ANY($4::text[])
        AND NOT EXISTS (SELECT FROM longhaul.lanes l WHERE l.queue = q.name) RETURNING q.name
        """)

    /// Deletes queues that have no jobs, default settings, and were not used since a moment; returns their names.
    /// Queues deleted by request are removed together with their last ended job.
    ///
    /// - Parameter kept: queues that are never deleted.
    func sweepQueues(
        unusedSince moment: Timestamp, except kept: Set<String>, _ aside: Connection, at now: Timestamp
    ) throws -> [String] {
        let used = drainUsed()
        if !used.isEmpty { try aside.run(Request(Self.touch, .texts(used), .time(now))) }
        try insertQueues(aside.run(Request(Self.lost)).map { $0.text() }, aside, at: now)
        try aside.run(Request(Self.revive, .time(now)))
        let conditions: [Parameter] = [
            .time(moment), .texts(kept.sorted()), .int8(QueueSettings().maxDepth),
        ]
        let names = try aside.run(Request(Self.unused, conditions)).map { $0.text() }
        guard !names.isEmpty else { return [] }
        var gone: [String] = []
        try removing(aside) {
            let locked = try aside.run(Request(Self.lockLanesOfQueues, .texts(names))).map { $0.int() }
            let lanes = try delete(lanes: locked, aside)
            gone = try aside.run(Request(Self.deleteQueues, conditions + [.texts(names)])).map { $0.text() }
            return (lanes, gone)
        }
        return gone
    }
}
