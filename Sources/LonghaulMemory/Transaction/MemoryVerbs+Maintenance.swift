package import LonghaulCore
import LonghaulStore

/// Jobs that are due, expired leases, expired jobs and retention.
extension MemoryVerbs {
    package func maintain(limit: Int) throws -> Maintenance {
        var round = Maintenance()
        // Expired jobs come first, so that none of them becomes pending.
        round.expiredJobs = try overdue(\.expiry, limit, &round.hasMore) { try expire(&$0) }
        _ = try overdue(\.leaseEnd, limit, &round.hasMore) { row in
            if try expireLease(of: &row) { round.expiredLeases += 1 }
        }
        round.promoted = try overdue(\.dueTime, limit, &round.hasMore) { try move(&$0, to: .pending) }
        round.purged = try purge(limit, &round.hasMore)
        base.tables.keys = base.tables.keys.filter { $0.value.expiresAt.map { $0 > now } ?? true }
        let horizon = WorkerActivity.horizon(
            of: base.tables.workers, before: now.adding(seconds: -WorkerActivity.memory))
        base.tables.workers = base.tables.workers.filter { $0.value.lastSeenAt >= horizon }
        round.nextAt = nextMoment
        if let nextAt = round.nextAt, nextAt <= now { round.hasMore = true }
        return round
    }

    /// Shortens leases that end later than one lease length from now, after the clock was set back.
    func shortenLeases() throws {
        for stored in base.tables.rows(where: { $0.row.leaseExpiresAt != nil }) {
            var row = stored.row
            let latest = leaseClock.end(ofNewLease: row.leaseMilliseconds)
            row.leaseExpiresAt = row.leaseExpiresAt.map { min($0, latest) }
            try updateLease(row)
        }
    }

    /// Removes jobs after their retention. A job with an unexpired key stays until the key expires.
    private func purge(_ limit: Int, _ hasMore: inout Bool) throws -> [JobID] {
        var purged: [JobID] = []
        _ = try overdue(\.removalTime, limit, &hasMore) { row in
            let keys = base.tables.keys.values.filter { $0.jobID == row.job.id }
            if let until = keys.compactMap(\.expiresAt).max(), until > now {
                row.purgeAt = until
                return try update(row)
            }
            try delete(row)
            purged.append(row.job.id)
        }
        return purged
    }

    /// Passes the rows that are due to `body`. Returns their number.
    ///
    /// A change of one row can move another row of the list, for example a dependent job. Each row is therefore read
    /// again before its turn.
    private func overdue(
        _ moment: (JobRow) -> Timestamp?, _ limit: Int, _ hasMore: inout Bool,
        _ body: (inout JobRow) throws -> Void
    ) throws -> Int {
        let found = base.tables.rows { stored in moment(stored.row).map { $0 <= now } ?? false }
            .sorted { (moment($0.row) ?? now) < (moment($1.row) ?? now) }
            .prefix(limit)
        if found.count >= limit { hasMore = true }
        var done = 0
        for (id, state) in found.map({ ($0.id, $0.state) }) {
            guard var row = try row(id), row.job.state == state else { continue }
            try body(&row)
            done += 1
        }
        return done
    }

    private var nextMoment: Timestamp? {
        let ofJobs = base.tables.rows.values.lazy.compactMap { row in
            let row = row.stored.row
            return [row.expiry, row.leaseEnd, row.dueTime, row.removalTime].compactMap { $0 }.min()
        }.min()
        let ofKeys = base.tables.keys.values.lazy.compactMap(\.expiresAt).min()
        return [ofJobs, ofKeys].compactMap { $0 }.min()
    }
}

/// The moments at which maintenance handles a job; each is nil if it does not apply.
extension JobRow {
    /// The moment after which the job must not start.
    fileprivate var expiry: Timestamp? {
        job.state.isFinal || job.state == .processing ? nil : job.spec.expiresAt
    }

    fileprivate var leaseEnd: Timestamp? {
        job.state == .processing ? leaseExpiresAt : nil
    }

    fileprivate var dueTime: Timestamp? {
        job.state == .scheduled || job.state == .retrying ? job.runAt : nil
    }

    fileprivate var removalTime: Timestamp? {
        job.state.isFinal ? purgeAt : nil
    }
}
