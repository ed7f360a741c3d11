import LonghaulCore
package import LonghaulStore

/// The queries of the checks of `longhaul doctor`. There is no doctor of a database in memory: the simulation runs the checks.
extension MemoryTransaction: RowInspector {
    package func eachRow(_ jobs: CheckedJobs, _ body: (JobRow) throws -> Void) throws {
        let found = tables.rows { stored in
            switch jobs {
            case .blocked: stored.state == .blocked
            case .expiredLeases(let moment):
                stored.state == .processing && stored.row.leaseExpiresAt.map { $0 <= moment } ?? true
            case .unending:
                stored.state.isFinal && (stored.row.purgeAt == nil || stored.row.job.finishedAt == nil)
            }
        }
        for stored in found {
            if let row = row(stored.id) { try body(row) }
        }
    }

    package func hasUnresolvedEdge(from row: JobRow, to dependency: JobRow) -> Bool {
        tables.rows[dependency.job.id]?.stored.dependents.contains(row.job.id) ?? false
    }
}
