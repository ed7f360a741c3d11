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

    func maintain(limit: Int) throws -> Maintenance {
        var maintenance = Maintenance()
        hasMaintained = true
        try search()
        let found = try connection.run(
            Request(Self.overdue, .time(cache.agendaFloor), .time(now), .int8(limit)))
        let ids = found.map { $0.id() }
        try fetch(ids, .skip)
        let due = ids.compactMap { entries[$0]?.row.job.id }
        // Expired jobs come first, so that none of them becomes pending.
        maintenance.expiredJobs = try each(due, where: isExpired) { try expire(&$0) }
        maintenance.expiredLeases = try each(due, where: hasLostLease) { _ = try expireLease(of: &$0) }
        for id in due { extendLease(of: id) }
        maintenance.promoted = try each(due, where: hasComeDue) { try move(&$0, to: .pending) }
        maintenance.purged = try purge(due, &maintenance.hasMore)
        // The rest was found too early: leases that were renewed.
        for id in due where entries[id].map({ !$0.isChanged && !$0.isRemoved }) ?? false {
            change(id) { entry in
                entry.isOverdue = true
                entry.isChanged = true
            }
        }
        let hasLongLeases = try shortenLeases(limit: limit)
        if try sortPartitions(limit: limit) || hasLongLeases { maintenance.hasMore = true }
        writes.append(Request(Self.removeKeys, .time(now), .int8(limit)))

        if ids.count < limit {
            let floor = now.adding(seconds: -Self.slack)
            if due.count == ids.count, floor > cache.agendaFloor { cache.agendaFloor = floor }
        } else {
            maintenance.hasMore = true
        }
        // The driver searches the next moment from here.
        maintenance.nextAt = cache.agendaFloor
        return maintenance
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

    /// Searches everything from the beginning, folds the counts and deletes unused lanes.
    ///
    /// The search finds rows that this server missed, so its interval does not grow with `laneSeconds`.
    private func search() throws {
        let moment = Connection.seconds()
        guard moment - cache.searchedAt >= min(Self.searchSeconds, cache.laneSeconds) else { return }
        cache.searchedAt = moment
        cache.agendaFloor = Timestamp(milliseconds: 0)
        try cache.findHeads(connection, at: now)
        try cache.sweepLanes(aside.use(), at: now)
        writes.append(QueueCounts.sum)
        writes.append(Request(Self.setMaxQueues, .int8(limits.maxQueues)))
        workers.forget(in: self)
    }

    private func isExpired(_ row: JobRow) -> Bool {
        switch row.job.state {
        case .scheduled, .blocked, .pending, .retrying: row.job.spec.expiresAt.map { $0 <= now } ?? false
        case .processing, .completed, .failed, .cancelled: false
        }
    }

    private func hasLostLease(_ row: JobRow) -> Bool {
        row.job.state == .processing && row.leaseEnd(by: leaseClock).map { $0 <= now } ?? false
    }

    /// Extends an expired lease if an outage was part of its time.
    private func extendLease(of id: JobID) {
        guard let entry = entries[id], !entry.isRemoved, !entry.isChanged, entry.row.job.state == .processing,
            let expiresAt = entry.row.leaseExpiresAt, expiresAt <= now,
            let end = entry.row.leaseEnd(by: leaseClock), end > now
        else { return }
        setLeaseEnd(of: id, end)
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

    private func hasComeDue(_ row: JobRow) -> Bool {
        (row.job.state == .scheduled || row.job.state == .retrying) && row.job.runAt <= now
    }

    private static let keyUntil = Query(
        """
        SELECT id, max(expires_at) FROM longhaul.submission_keys
        WHERE id = ANY($1::uuid[]) AND expires_at > $2::bigint GROUP BY id
        """)
    private static let lineCounts = Query(
        """
        SELECT id, max(number) - min(number) + 1 FROM longhaul.logs WHERE id = ANY($1::uuid[]) GROUP BY id
        """)
    /// The maximum number of log lines that one round deletes, because other calls wait for the transaction.
    private static let linesPerRound = 20_000

    /// Deletes jobs after their retention. A job with an unexpired key stays until the key expires, so that a
    /// repeated request does not create the job again.
    private func purge(_ due: [JobID], _ hasMore: inout Bool) throws -> [JobID] {
        let ids = due.filter { entries[$0].map { !$0.isRemoved && isPurgeable($0.row) } ?? false }
        guard !ids.isEmpty else { return [] }
        let answers = try connection.run([
            Request(Self.keyUntil, .uuids(ids), .time(now)), Request(Self.lineCounts, .uuids(ids)),
        ])
        for index in 0..<answers[0].count {
            var row = answers[0][index]
            let id = row.id()
            let until = row.optionalTime()
            change(id) { entry in
                entry.row.purgeAt = until
                entry.isChanged = true
            }
        }
        var lines: [JobID: Int] = [:]
        for index in 0..<answers[1].count {
            var row = answers[1][index]
            lines[row.id()] = row.int()
        }
        var purged: [JobID] = []
        var left = Self.linesPerRound
        for id in ids {
            guard let entry = entries[id], isPurgeable(entry.row) else { continue }
            guard left > 0 else {
                hasMore = true
                break
            }
            left -= lines[id] ?? 0
            delete(entry.row)
            purged.append(id)
        }
        return purged
    }

    private func isPurgeable(_ row: JobRow) -> Bool {
        row.job.state.isFinal && row.purgeAt.map { $0 <= now } ?? false
    }

    /// Passes the matching rows that this round has not changed to `body`, and returns their number.
    private func each(
        _ ids: [JobID], where fits: (JobRow) -> Bool, _ body: (inout JobRow) throws -> Void
    ) throws -> Int {
        var done = 0
        for id in ids {
            guard let entry = entries[id], !entry.isRemoved, !entry.isChanged else { continue }
            var row = entry.row
            guard fits(row) else { continue }
            try body(&row)
            done += 1
        }
        return done
    }
}
