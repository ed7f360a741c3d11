package import LonghaulCore
import LonghaulStore

/// The check of blocked jobs, which `longhaul doctor` makes on the SQL stores.
extension MemoryVerbs {
    /// The jobs that wait for others, in the order of their IDs.
    package var blockedJobs: [JobID] {
        base.tables.rows { $0.state == .blocked }.map(\.id)
    }

    /// Checks every blocked job. Returns what is wrong.
    ///
    /// - Parameter isRepairing: whether to correct wrong jobs.
    package func checkBlockedJobs(isRepairing: Bool) throws -> [String] {
        var problems: [String] = []
        for id in blockedJobs {
            // The repair of an earlier job may have unblocked this one.
            guard var row = try row(id), row.job.state == .blocked else { continue }
            let check = try BlockedJobCheck(of: row, find: { try self.row($0) }) { dependency in
                base.tables.rows[dependency.job.id]?.stored.dependents.contains(id) ?? false
            }
            guard !check.isCorrect else { continue }
            problems.append(check.problem(of: row))
            if isRepairing { try repair(&row, by: check) }
        }
        return problems
    }
}
