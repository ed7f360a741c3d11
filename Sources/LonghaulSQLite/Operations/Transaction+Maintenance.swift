import LonghaulCore
import LonghaulStore

/// Maintenance: due jobs, expired leases, expired jobs, retention.
extension Transaction {
    /// The jobs that are overdue, for each deadline.
    private static func query(_ deadline: Deadline) -> Query {
        switch deadline {
        case .expiry:
            Query(
                """
                SELECT seq FROM jobs INDEXED BY jobs_expiring
                WHERE expires_at IS NOT NULL AND state IN (0, 1, 2, 4) AND expires_at <= ?1
                ORDER BY expires_at LIMIT ?2
                """)
        case .leaseEnd:
            Query(
                """
                SELECT seq FROM jobs INDEXED BY jobs_leased WHERE state = 3 AND lease_expires_at <= ?1
                ORDER BY lease_expires_at LIMIT ?2
                """)
        case .due:
            Query(
                """
                SELECT seq, run_at AS at FROM jobs INDEXED BY jobs_due WHERE state IN (0, 4) AND run_at <= ?1
                UNION ALL
                SELECT seq, wake_at FROM jobs INDEXED BY jobs_waking
                WHERE state = 8 AND wake_at IS NOT NULL AND wake_at <= ?1
                ORDER BY at LIMIT ?2
                """)
        case .removal:
            Query(
                """
                SELECT seq FROM jobs INDEXED BY jobs_purge WHERE state IN (5, 6, 7) AND purge_at <= ?1
                ORDER BY purge_at LIMIT ?2
                """)
        }
    }
    private static let overdue = Dictionary(uniqueKeysWithValues: Deadline.allCases.map { ($0, query($0)) })
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
        "SELECT min(wake_at) FROM jobs INDEXED BY jobs_waking WHERE state = 8 AND wake_at IS NOT NULL",
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

    func eachOverdue(_ deadline: Deadline, limit: Int, _ body: (inout JobRow) throws -> Void) throws -> Bool {
        guard let query = Self.overdue[deadline] else { return false }
        let found = try connection.all(query, .time(time(of: deadline)), .int(limit)) { $0.int64(0) }
        for seq in found {
            guard var row = try loader.row(at: seq), isOverdue(row, deadline) else { continue }
            try body(&row)
        }
        return found.count >= limit
    }

    func removeExpiredKeys(limit: Int) throws {
        try connection.run(Self.removeKeys, .time(now), .int(limit))
    }

    func sortPartitions(limit: Int) throws -> Bool {
        var hasMore = false
        for queue in queues.sorting {
            if try PartitionSorter(queue: queue, transaction: self).sort(limit: limit) { hasMore = true }
        }
        return hasMore
    }

    func finishMaintenance(limit: Int) throws -> Bool { try releaseSpace() }

    func findNext(_ maintenance: inout Maintenance) throws {
        var moments = try Self.heads.map { query in
            try connection.first(query) { $0.optionalTime(0) } ?? nil
        }
        let lease = try connection.first(Self.firstLease) { $0.optionalTime(0) } ?? nil
        moments.append(lease.map { now.adding(seconds: $0.seconds(since: leaseClock.now)) })
        maintenance.setNext(moments.compactMap { $0 }.min(), at: now)
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
