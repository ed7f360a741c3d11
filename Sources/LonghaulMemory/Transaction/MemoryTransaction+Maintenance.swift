package import LonghaulCore
package import LonghaulStore

/// Due jobs, expired leases, expired jobs and retention.
extension MemoryTransaction {
    /// Every round covers all servers: they share the tables.
    package func beginMaintenance(limit: Int) -> Bool { true }

    package func eachOverdue(
        _ deadline: Deadline, limit: Int, _ body: (inout JobRow) throws -> Void
    ) throws -> Bool {
        let found = tables.rows { isOverdue($0.row, deadline) }
            .sorted { ($0.row.moment(of: deadline) ?? now) < ($1.row.moment(of: deadline) ?? now) }
            .prefix(limit).map(\.id)
        for id in found {
            guard var row = row(id), isOverdue(row, deadline) else { continue }
            try body(&row)
        }
        return found.count >= limit
    }

    package var removalBound: RemovalBound { RemovalBound() }

    package func latestKeyExpiry(of row: JobRow) -> Timestamp? {
        tables.keys.values.filter { $0.jobID == row.job.id }.compactMap(\.expiresAt).filter { $0 > now }.max()
    }

    package func emptyLog(of row: JobRow, _ lines: inout Int) -> Bool { true }

    package func removeExpiredKeys(limit: Int) {
        tables.keys = tables.keys.filter { $0.value.expiresAt.map { $0 > now } ?? true }
    }

    /// The partition of a job is computed when it is claimed.
    package func sortPartitions(limit: Int) -> Bool { false }

    package func findNext(_ maintenance: inout Maintenance) {
        let ofJobs = tables.rows.values.lazy.compactMap(\.stored.row.nextDeadline).min()
        let ofKeys = tables.keys.values.lazy.compactMap(\.expiresAt).min()
        maintenance.setNext([ofJobs, ofKeys].compactMap { $0 }.min(), at: now)
    }

    /// Shortens leases that end later than one lease length from now, after the clock was set back.
    func shortenLeases() {
        for stored in tables.rows(where: { $0.row.leaseExpiresAt != nil }) {
            var row = stored.row
            let latest = leaseClock.end(ofNewLease: row.leaseMilliseconds)
            row.leaseExpiresAt = row.leaseExpiresAt.map { min($0, latest) }
            updateLease(row)
        }
    }
}
