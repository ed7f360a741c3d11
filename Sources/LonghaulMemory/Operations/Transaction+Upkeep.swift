import LonghaulCore

/// What the clock asks for.
extension Transaction {
    func maintain(limit: Int) -> Upkeep {
        var upkeep = Upkeep()
        // Those too late to start go first, so that none of them is made pending for nothing.
        upkeep.expiredJobs = overdue(\.expiry, limit, &upkeep.hasMore) { expire(&$0) }
        upkeep.expiredLeases = overdue(\.leaseEnd, limit, &upkeep.hasMore) { row in
            if flaw == .uncountedExpiry { row.job.attempt -= 1 }
            fail(&row, .leaseExpired)
        }
        upkeep.promoted = overdue(\.dueTime, limit, &upkeep.hasMore) { move(&$0, to: .pending) }
        var purged: [JobID] = []
        _ = overdue(\.removalTime, limit, &upkeep.hasMore) { row in
            // A job for which a key with a time still stands is kept until then.
            let keys = tables.keys.values.filter { $0.jobID == row.job.id }
            if let until = keys.compactMap(\.expiresAt).max(), until > now {
                row.purgeAt = until
                return put(row)
            }
            remove(row)
            purged.append(row.job.id)
        }
        upkeep.purged = purged
        tables.keys = tables.keys.filter { $0.value.expiresAt.map { $0 > now } ?? true }
        let horizon = now.adding(seconds: -Self.workerMemory)
        tables.workers = tables.workers.filter { $0.value.lastSeenAt >= horizon }
        upkeep.nextAt = nextMoment()
        if let nextAt = upkeep.nextAt, nextAt <= now { upkeep.hasMore = true }
        return upkeep
    }

    /// Gives `body` the rows whose moment has come, and answers how many there were.
    ///
    /// What is done to one may move another that was found with it, such as a job that waited for it; the
    /// row is read again right before its turn.
    private func overdue(
        _ moment: (StoredJob) -> Timestamp?, _ limit: Int, _ hasMore: inout Bool,
        _ body: (inout StoredJob) -> Void
    ) -> Int {
        let found = tables.rows { row in moment(row).map { $0 <= now } ?? false }
            .sorted { (moment($0) ?? now) < (moment($1) ?? now) }
            .prefix(limit)
        if found.count >= limit { hasMore = true }
        var done = 0
        for (id, state) in found.map({ ($0.job.id, $0.job.state) }) {
            guard var row = row(id), row.job.state == state else { continue }
            body(&row)
            done += 1
        }
        return done
    }

    private func nextMoment() -> Timestamp? {
        let ofJobs = tables.rows.values.lazy.compactMap { row in
            let stored = row.stored
            return [stored.expiry, stored.leaseEnd, stored.dueTime, stored.removalTime].compactMap { $0 }
                .min()
        }.min()
        let ofKeys = tables.keys.values.lazy.compactMap(\.expiresAt).min()
        return [ofJobs, ofKeys].compactMap { $0 }.min()
    }
}

/// The moments at which the clock asks for something, each nil where it does not.
extension StoredJob {
    /// When it is too late to start the job.
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
