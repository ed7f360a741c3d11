import LonghaulCore
import LonghaulStore

/// Maintenance: due jobs, expired leases, expired jobs, retention.
extension Transaction {
    private static let overdue = Query(
        """
        SELECT id FROM longhaul.agenda WHERE due >= $1::bigint AND due <= $2::bigint ORDER BY due, id
        LIMIT $3::bigint
        """)
    private static let next = Query(
        """
        SELECT least(
            (SELECT min(due) FROM longhaul.agenda WHERE due >= $1::bigint AND due < $2::bigint),
            (SELECT min(expires_at) FROM longhaul.submission_keys WHERE expires_at IS NOT NULL))
        """)
    private static let removeKeys = Query(
        """
        DELETE FROM longhaul.submission_keys WHERE digest IN (
            SELECT digest FROM longhaul.submission_keys
            WHERE expires_at IS NOT NULL AND expires_at <= $1::bigint LIMIT $2::bigint FOR UPDATE SKIP LOCKED)
        """)

    /// The overlap of consecutive agenda scans, in seconds.
    private static let slack = 15.0

    func beginMaintenance(limit: Int) throws -> Bool {
        hasMaintained = true
        let isThorough = try search()
        let found = try connection.run(
            Request(Self.overdue, .time(cache.agendaFloor), .time(now), .int8(limit)))
        let ids = found.map { $0.id() }
        try fetch(ids, .skip)
        overdue.ids = ids.filter { entries[$0] != nil }
        overdue.locked = ids.count - overdue.ids.count
        overdue.mayHaveMore = ids.count >= limit
        let floor = now.adding(seconds: -Self.slack)
        if !overdue.mayHaveMore, overdue.locked == 0, floor > cache.agendaFloor {
            cache.agendaFloor = floor
        }
        return isThorough
    }

    func eachOverdue(_ deadline: Deadline, limit: Int, _ body: (inout JobRow) throws -> Void) throws -> Bool {
        let ids = overdue.ids.filter { id in
            entries[id].map { !$0.isRemoved && isOverdue($0.row, deadline) } ?? false
        }
        switch deadline {
        case .removal: try readRemovalFacts(of: ids)
        case .due: try fetchWaiting(of: ids)
        case .expiry, .leaseEnd: try fetchParents(of: ids)
        }
        for id in ids {
            // The change of an earlier job may have changed this one.
            guard let entry = entries[id], !entry.isRemoved, isOverdue(entry.row, deadline) else { continue }
            var row = entry.row
            try body(&row)
        }
        return overdue.mayHaveMore
    }

    func removeExpiredKeys(limit: Int) {
        writes.append(Request(Self.removeKeys, .time(now), .int8(limit)))
    }

    func finishMaintenance(limit: Int) throws -> Bool {
        // The agenda rows of renewed and extended leases move.
        for id in overdue.ids {
            change(id) { entry in
                entry.isOverdue = true
                entry.isChanged = true
            }
        }
        return try shortenLeases(limit: limit)
    }

    /// The driver searches the next moment from here, after the commit.
    func findNext(_ maintenance: inout Maintenance) {
        maintenance.nextAt = cache.agendaFloor
        maintenance.locked = overdue.locked
    }

    /// The time of the next maintenance. Read after the commit of `maintain`.
    static func nextMoment(_ connection: Connection, from floor: Timestamp) throws -> Timestamp? {
        var row = try connection.run(Request(next, .time(floor), .time(.distantFuture))).first
        return row?.optionalTime()
    }

    /// Stores the setting for `longhaul.submit`.
    private static let setMaxQueues = Query(
        "UPDATE longhaul.meta SET max_queues = $1::bigint WHERE max_queues IS DISTINCT FROM $1::bigint")

    /// How often maintenance searches everything from the beginning and folds the counts, in seconds.
    private static let searchSeconds = 60.0

    /// Searches everything from the beginning, folds the counts and deletes unused lanes, if it is time. Returns
    /// whether it did.
    ///
    /// The search finds rows that this server missed, so its interval does not grow with `laneSeconds`.
    private func search() throws -> Bool {
        let moment = Connection.seconds()
        guard moment - cache.searchedAt >= min(Self.searchSeconds, cache.laneSeconds) else { return false }
        cache.searchedAt = moment
        cache.agendaFloor = Timestamp(milliseconds: 0)
        try cache.findHeads(connection, at: now)
        try cache.sweepLanes(aside.use(), at: now)
        writes.append(QueueCounts.sum)
        writes.append(Request(Self.setMaxQueues, .int8(limits.maxQueues)))
        return true
    }

    /// Moves the end of a lease, in the agenda as well.
    func setLeaseEnd(of id: JobID, _ end: Timestamp) {
        change(id) { entry in
            entry.row.leaseExpiresAt = end
            entry.isOverdue = true
            entry.isChanged = true
        }
    }

    private static let longLeases = Query(
        """
        SELECT a.id FROM longhaul.agenda a JOIN longhaul.jobs j ON j.id = a.id
        WHERE a.state = 3 AND j.lease_expires_at > $1::bigint + j.lease_ms LIMIT $2::bigint
        """)

    /// Shortens leases that end later than one lease length from now, after the database's clock was set back.
    /// Returns whether there may be more of them.
    private func shortenLeases(limit: Int) throws -> Bool {
        guard cache.hasLongLeases else { return false }
        let ids = try connection.run(Request(Self.longLeases, .time(now), .int8(limit))).map { $0.id() }
        try fetch(ids, .skip)
        for id in ids {
            guard let entry = entries[id], !entry.isRemoved, !entry.isChanged,
                entry.row.job.state == .processing
            else { continue }
            setLeaseEnd(of: id, leaseClock.end(ofNewLease: entry.row.leaseMilliseconds))
        }
        cache.hasLongLeases = ids.count >= limit
        return cache.hasLongLeases
    }

    private static let keyUntil = Query(
        """
        SELECT id, max(expires_at) FROM longhaul.submission_keys
        WHERE id = ANY($1::uuid[]) AND expires_at > $2::bigint GROUP BY id
        """)
    private static let nextDeliveries = Query(
        """
        SELECT job_id, min(due_at) FROM longhaul.webhook_deliveries
        WHERE job_id = ANY($1::uuid[]) AND due_at IS NOT NULL AND retry_until > $2::bigint GROUP BY job_id
        """)
    private static let lineCounts = Query(
        """
        SELECT id, max(number) - min(number) + 1 FROM longhaul.logs WHERE id = ANY($1::uuid[]) GROUP BY id
        """)

    var removalBound: RemovalBound { RemovalBound(logLines: 20_000) }

    /// Reads what decides about the removal of ended jobs, for all of them at once.
    private func readRemovalFacts(of ids: [JobID]) throws {
        guard !ids.isEmpty else { return }
        let answers = try connection.run([
            Request(Self.keyUntil, .uuids(ids), .time(now)), Request(Self.lineCounts, .uuids(ids)),
            Request(Self.nextDeliveries, .uuids(ids), .time(now)),
        ])
        for index in 0..<answers[0].count {
            var row = answers[0][index]
            overdue.keyExpiries[row.id()] = row.optionalTime()
        }
        for index in 0..<answers[1].count {
            var row = answers[1][index]
            overdue.logLines[row.id()] = row.int()
        }
        for index in 0..<answers[2].count {
            var row = answers[2][index]
            overdue.nextDeliveries[row.id()] = row.optionalTime()
        }
    }

    func latestKeyExpiry(of row: JobRow) -> Timestamp? { overdue.keyExpiries[row.job.id] }

    /// Removes nothing: all operations go with the job.
    func emptyJournal(of row: inout JobRow, _ lines: inout Int) -> Bool {
        lines -= row.job.operationCount + Int(row.journalBytes >> 12)
        return true
    }

    /// Removes nothing: all lines go with the job.
    func emptyLog(of row: JobRow, _ lines: inout Int) -> Bool {
        lines -= overdue.logLines[row.job.id] ?? 0
        return true
    }
}

/// The jobs that a round of maintenance handles.
struct OverdueJobs {
    /// Those that were locked, in the order of their deadlines.
    var ids: [JobID] = []
    /// The number of those that other transactions have locked, so that a later round handles them.
    var locked = 0
    /// Whether the agenda may have more.
    var mayHaveMore = false
    /// When the last unexpired key of each ended job expires.
    var keyExpiries: [JobID: Timestamp] = [:]
    /// The number of log lines of each ended job.
    var logLines: [JobID: Int] = [:]
    /// When the next webhook attempt of each ended job is due.
    var nextDeliveries: [JobID: Timestamp] = [:]
}
