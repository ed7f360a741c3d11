import LonghaulCore
import LonghaulStore

/// Where a pending job stands.
///
/// Counting all that stands before it would take time in proportion to the queue. How many are pending of each
/// priority is kept; within its own, a job's place is counted from the front or from the back, up to a
/// thousand. Between, it is estimated by the job's age, as if jobs had come in evenly.
extension JobLoader {
    /// How many jobs are counted in each direction.
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

    /// How many pending jobs stand before a pending one by priority and age; nil if it is not pending.
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
        guard before.count > Self.maxCounted else { return before.count }
        let after = try neighbours(of: row, Self.after)
        guard after.count > Self.maxCounted else { return max(0, count - 1 - after.count) }
        guard let first = before.min(), let last = after.max() else { return 0 }
        // Both ends are more than the counted thousand away; between them, age tells.
        let share = Double(row.seq - first) / Double(last - first)
        return Self.maxCounted + Int(Double(max(0, count - 2 * Self.maxCounted)) * share)
    }

    /// The jobs of the same queue and priority on one side of a job: the ends of it, one more than are
    /// counted.
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
