package import LonghaulCore

/// Maintenance: due jobs, expired leases, expired jobs and retention.
extension StoreTransaction {
    /// Handles the jobs whose deadlines have passed, each type up to a limit, and removes what is no longer needed.
    package func maintain(limit: Int) throws -> Maintenance {
        var maintenance = Maintenance()
        let isThorough = try beginMaintenance(limit: limit)
        var hasMore = false
        func handle(_ deadline: Deadline, _ limit: Int, _ body: (inout JobRow) throws -> Void) throws {
            if try eachOverdue(deadline, limit: limit, body) { hasMore = true }
        }
        // Expired jobs come first, so that none of them becomes pending.
        try handle(.expiry, limit) { row in
            try expire(&row)
            maintenance.expiredJobs += 1
        }
        try handle(.leaseEnd, limit) { row in
            if try expireLease(of: &row) { maintenance.expiredLeases += 1 }
        }
        try handle(.due, limit) { row in
            if row.job.state == .suspended { return try wake(row) }
            try move(&row, to: .pending)
            maintenance.promoted += 1
        }
        var bound = removalBound
        try handle(.removal, min(limit, bound.jobs)) { row in
            switch try remove(&row, &bound) {
            case .removed:
                maintenance.purged.append(row.job.id)
                if row.artifactFence > 0 { maintenance.purgedWithArtifacts.append(row.job.id) }
            case .postponed: break
            case .unfinished: hasMore = true
            }
        }
        try removeExpiredKeys(limit: limit)
        if try sortPartitions(limit: limit) { hasMore = true }
        try removeWorkers(isThorough: isThorough)
        if try finishMaintenance(limit: limit) { hasMore = true }
        maintenance.hasMore = hasMore
        try findNext(&maintenance)
        return maintenance
    }

    /// Removes a job after its retention. A job with an unexpired key stays until the key expires, so that a repeated
    /// request does not create the job again. A job with a webhook that is still retried stays as well.
    ///
    /// - Parameter bound: what the round may still do.
    private func remove(_ row: inout JobRow, _ bound: inout RemovalBound) throws -> Removal {
        if row.cancelsDescendants { return try cancelDescendants(of: row, &bound.descendants) }
        if let until = try latestKeyExpiry(of: row) {
            row.purgeAt = until
            try update(row)
            return .postponed
        }
        if let next = try nextDelivery(of: row) {
            row.purgeAt = max(next, now.adding(seconds: Self.deliveryPause))
            try update(row)
            return .postponed
        }
        guard bound.logLines > 0, try emptyLog(of: row, &bound.logLines) else { return .unfinished }
        if row.job.operationCount > 0 {
            guard try emptyJournal(of: &row, &bound.logLines) else { return .unfinished }
        }
        if row.isExecution {
            guard try emptyRecords(of: row.job.id, &bound.logLines) else { return .unfinished }
        }
        try delete(row)
        return .removed
    }

    /// Cancels descendants of a cancelled child job that were too many for the call that cancelled it.
    private func cancelDescendants(of row: JobRow, _ limit: inout Int) throws -> Removal {
        let count = limit > 0 ? try cancelDescendants(of: row.job.id, limit: limit) : 0
        limit -= count
        guard limit > 0 else { return .unfinished }
        var row = try self.row(row.job.id) ?? row
        row.cancelsDescendants = false
        row.purgeAt = removalTime(of: row)
        try update(row)
        return .postponed
    }

    /// The minimum pause before the next look at a job whose webhook is not delivered yet, in seconds.
    private static var deliveryPause: Double { 5 }

    /// Removes workers that were not seen in the last day, and those beyond the maximum number.
    private func removeWorkers(isThorough: Bool) throws {
        let horizon = now.adding(seconds: -WorkerActivity.memory)
        let hasForgotten = workers.forget(before: horizon)
        guard hasForgotten || isThorough else { return }
        try removeWorkers(before: horizon, keeping: WorkerRecord.maxWorkers)
    }
}

/// The outcome for a job whose retention is over.
private enum Removal {
    case removed
    /// It stays until its last key expires.
    case postponed
    /// Log lines or operations are left, which a later round removes with the job.
    case unfinished
}

/// How much one round of maintenance removes, because other calls wait for the transaction.
package struct RemovalBound: Sendable {
    package var jobs: Int
    /// Lines of logs, operations of journals, and records of executions.
    package var logLines: Int
    /// The descendants of cancelled jobs that are cancelled.
    package var descendants = 1000

    package init(jobs: Int = .max, logLines: Int = .max) {
        self.jobs = jobs
        self.logLines = logLines
    }
}

extension Maintenance {
    /// Sets when the next maintenance is due.
    package mutating func setNext(_ moment: Timestamp?, at now: Timestamp) {
        nextAt = moment
        self.now = now
        if let moment, moment <= now { hasMore = true }
    }
}
