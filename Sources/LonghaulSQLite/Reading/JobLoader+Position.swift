import LonghaulCore
import LonghaulStore

/// The position of a pending job.
///
/// Counting all jobs before it would take time in proportion to the queue. The number of pending jobs of each
/// priority is stored. Within its priority, a job's position is counted from either end, up to 1,000 jobs. Between,
/// it is estimated from the job's age, as if jobs were submitted at a constant rate.
extension JobLoader {
    /// The maximum number of jobs counted from each end.
    static let maxCounted = 1000

    private static let before = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value = ?4 AND priority = ?5 AND seq < ?6 ORDER BY seq LIMIT ?7
        """)
    private static let after = Query(
        """
        SELECT seq FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value = ?4 AND priority = ?5 AND seq > ?6 ORDER BY seq DESC LIMIT ?7
        """)

    /// The number of pending jobs ahead of a pending job by priority and age; nil if it is not pending.
    func position(of id: JobID) throws -> Int? {
        guard let row = try row(id), row.job.state == .pending,
            let entry = try entry(of: row.job.spec.queue)
        else { return nil }
        let priority = row.job.spec.priority
        let higher = entry.pendingByPriority[(priority + 1)...].reduce(0, +)
        return try higher + positionAmongEquals(row, count: entry.pendingByPriority[priority])
    }

    private func positionAmongEquals(_ row: JobRow, count: Int) throws -> Int {
        let before = try neighbours(of: row, Self.before)
        var after: [Int64] = []
        return try PositionRule.position(
            of: count, maxCounted: Self.maxCounted, before: before.count
        ) {
            after = try neighbours(of: row, Self.after)
            return after.count
        } share: {
            guard let first = before.min(), let last = after.max() else { return 0 }
            return Double(row.seq - first) / Double(last - first)
        }
    }

    /// The jobs of the same queue and priority on one side of a job, at most one more than are counted.
    private func neighbours(of row: JobRow, _ query: Query) throws -> [Int64] {
        let spec = row.job.spec
        let bands = try pendingBands(of: spec.queue).filter { $0.priority == spec.priority }
        var seqs: [Int64] = []
        for band in bands where seqs.count <= Self.maxCounted {
            let left = Self.maxCounted + 1 - seqs.count
            try connection.each(query, band.values + [.integer(row.seq), .int(left)]) { found in
                seqs.append(found.int64(0))
                return true
            }
        }
        return seqs
    }
}
