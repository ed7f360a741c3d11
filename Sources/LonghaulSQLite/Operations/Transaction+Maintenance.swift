import LonghaulCore
import LonghaulStore

/// Maintenance: due jobs, expired leases, expired jobs, retention.
extension Transaction {
    private static let due = Query(
        """
        SELECT seq, state FROM jobs INDEXED BY jobs_due WHERE state IN (0, 4) AND run_at <= ?1
        ORDER BY run_at LIMIT ?2
        """)
    private static let leased = Query(
        """
        SELECT seq, state FROM jobs INDEXED BY jobs_leased WHERE state = 3 AND lease_expires_at <= ?1
        ORDER BY lease_expires_at LIMIT ?2
        """)
    private static let expiring = Query(
        """
        SELECT seq, state FROM jobs INDEXED BY jobs_expiring
        WHERE expires_at IS NOT NULL AND state IN (0, 1, 2, 4) AND expires_at <= ?1
        ORDER BY expires_at LIMIT ?2
        """)
    private static let removeKeys = Query(
        """
        DELETE FROM submission_keys WHERE digest IN (
            SELECT digest FROM submission_keys INDEXED BY submission_keys_expiring
            WHERE expires_at IS NOT NULL AND expires_at <= ?1 LIMIT ?2)
        """)

    private static let firstLease = Query(
        "SELECT min(lease_expires_at) FROM jobs INDEXED BY jobs_leased WHERE state = 3")
    private static let longLeases = Query(
        """
        UPDATE jobs SET lease_expires_at = ?1 + lease_ms
        WHERE seq IN (
            SELECT seq FROM jobs INDEXED BY jobs_leased
            WHERE state = 3 AND lease_expires_at > ?1 AND lease_expires_at > ?1 + lease_ms)
        """)

    private static let addTrialRow = Query(
        "INSERT INTO routing_rules (number, kinds, queue) VALUES (-1, '[]', '')")
    private static let removeTrialRow = Query("DELETE FROM routing_rules WHERE number = -1")

    /// The earliest time in each of the other indexes by time.
    private static let heads = [
        "SELECT min(run_at) FROM jobs INDEXED BY jobs_due WHERE state IN (0, 4)",
        """
        SELECT min(expires_at) FROM jobs INDEXED BY jobs_expiring
        WHERE expires_at IS NOT NULL AND state IN (0, 1, 2, 4)
        """,
        "SELECT min(purge_at) FROM jobs INDEXED BY jobs_purge WHERE state IN (5, 6, 7)",
        """
        SELECT min(expires_at) FROM submission_keys INDEXED BY submission_keys_expiring
        WHERE expires_at IS NOT NULL
        """,
    ].map { Query($0) }

    func maintain(limit: Int) throws -> Maintenance {
        var maintenance = Maintenance()
        var hasMore = false
        // Expired jobs come first, so that none of them becomes pending.
        maintenance.expiredJobs = try overdue(Self.expiring, limit, &hasMore) { try expire(&$0) }
        _ = try overdue(Self.leased, limit, &hasMore, at: leaseClock.now) { row in
            if try expireLease(of: &row) { maintenance.expiredLeases += 1 }
        }
        maintenance.promoted = try overdue(Self.due, limit, &hasMore) { try move(&$0, to: .pending) }
        maintenance.purged = try purge(limit, &hasMore)
        try connection.run(Self.removeKeys, .time(now), .int(limit))
        for queue in queues.sorting {
            if try PartitionSorter(queue: queue, transaction: self).sort(limit: limit) { hasMore = true }
        }
        try workers.forget(in: self)
        if try releaseSpace() { hasMore = true }
        maintenance.nextAt = try nextMoment()
        maintenance.hasMore = hasMore || maintenance.nextAt.map { $0 <= now } ?? false
        return maintenance
    }

    /// Passes the rows that a query finds overdue to `body`, and returns their number.
    ///
    /// A change of one row can move another one, for example a dependent job. Each row is therefore read again before
    /// its turn.
    func overdue(
        _ query: Query, _ limit: Int, _ hasMore: inout Bool, at moment: Timestamp? = nil,
        _ body: (inout JobRow) throws -> Void
    ) throws -> Int {
        let found = try connection.all(query, .time(moment ?? now), .int(limit)) { row in
            (seq: row.int64(0), state: row.int(1))
        }
        if found.count >= limit { hasMore = true }
        var done = 0
        for (seq, state) in found {
            guard var row = try loader.row(at: seq), row.job.state.code == state else { continue }
            try body(&row)
            done += 1
        }
        return done
    }

    private func nextMoment() throws -> Timestamp? {
        let others = try Self.heads.compactMap { query in
            try connection.first(query) { $0.optionalTime(0) } ?? nil
        }.min()
        guard let lease = try connection.first(Self.firstLease, read: { $0.optionalTime(0) }) ?? nil else {
            return others
        }
        let moment = now.adding(seconds: lease.seconds(since: leaseClock.now))
        return others.map { min($0, moment) } ?? moment
    }

    /// Shortens leases that end later than one lease length from now. The clock was set back while no process had
    /// the store open.
    func shortenLeases() throws {
        try connection.run(Self.longLeases, .time(leaseClock.now))
    }

    func recordActivity() throws {
        if isFailing { try tryChange() }
    }

    /// Inserts a row and deletes it. If the commit succeeds, the database accepts changes.
    func tryChange() throws {
        try connection.run(Self.addTrialRow)
        try connection.run(Self.removeTrialRow)
    }
}
