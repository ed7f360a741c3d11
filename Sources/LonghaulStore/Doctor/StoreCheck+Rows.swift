package import LonghaulCore

/// The jobs whose rows a check looks at.
package enum CheckedJobs: Sendable {
    case blocked
    /// Leased jobs whose lease ended before a moment, or has no end.
    case expiredLeases(before: Timestamp)
    /// Ended jobs without an end time or a removal time.
    case unending
}

/// The queries of the checks of rows.
package protocol RowInspector: SendableMetatype {
    /// Passes rows to `body`. The change of one row can change the next ones.
    func eachRow(_ jobs: CheckedJobs, _ body: (JobRow) throws -> Void) throws
    func row(_ id: JobID) throws -> JobRow?
    /// Whether an unresolved edge leads from a job to a dependency.
    func hasUnresolvedEdge(from row: JobRow, to dependency: JobRow) throws -> Bool
}

extension RowInspector {
    fileprivate func check(_ row: JobRow) throws -> BlockedJobCheck {
        try BlockedJobCheck(of: row, find: self.row) { try hasUnresolvedEdge(from: row, to: $0) }
    }
}

/// The time, in seconds, after which an expired lease is an inconsistency. Maintenance ends it earlier.
private let leaseGraceSeconds = 60.0

extension StoreCheck where Reader: RowInspector, Transaction: StoreTransaction & RowInspector {
    package static var blocked: StoreCheck {
        StoreCheck(
            name: "blocked",
            look: { reader, _ in
                var symptom = Symptom()
                try reader.eachRow(.blocked) { row in
                    let check = try reader.check(row)
                    if !check.isCorrect { symptom.add(check.problem(of: row)) }
                }
                return symptom
            },
            repair: { transaction in
                try transaction.eachRow(.blocked) { row in
                    // The repair of an earlier job may have unblocked this one.
                    guard row.job.state == .blocked else { return }
                    let check = try transaction.check(row)
                    var row = row
                    if !check.isCorrect { try transaction.repair(&row, by: check) }
                }
            })
    }

    package static var leases: StoreCheck {
        StoreCheck(
            name: "leases",
            look: { reader, now in
                var symptom = Symptom()
                try reader.eachRow(.expiredLeases(before: now.adding(seconds: -leaseGraceSeconds))) { row in
                    let end = row.leaseExpiresAt.map { "expired at \($0)" } ?? "has no end"
                    symptom.add("the lease of job \(row.job.id) \(end)")
                }
                return symptom
            },
            repair: { transaction in
                // The worker may still run the job, because the repair needs the server stopped. So the lease is
                // extended by its length, as after an outage. A server ends the attempt if no heartbeat arrives by then.
                let horizon = transaction.now.adding(seconds: -leaseGraceSeconds)
                try transaction.eachRow(.expiredLeases(before: horizon)) { row in
                    var row = row
                    row.leaseExpiresAt = transaction.leaseClock.end(ofNewLease: row.leaseMilliseconds)
                    try transaction.update(row)
                }
            })
    }

    package static var retention: StoreCheck {
        StoreCheck(
            name: "retention",
            look: { reader, _ in
                var symptom = Symptom()
                try reader.eachRow(.unending) {
                    symptom.add("job \($0.job.id) has ended, but would never be removed")
                }
                return symptom
            },
            repair: { transaction in
                try transaction.eachRow(.unending) { row in
                    var row = row
                    transaction.end(&row)
                    try transaction.update(row)
                }
            })
    }
}
