import LonghaulCore
import LonghaulStore

/// Deletes jobs after their retention, a few per transaction, because other calls wait for it.
extension Transaction {
    /// The maximum number of jobs that one round deletes.
    private static let jobsPerRound = 50
    /// The maximum number of log lines that one round deletes. Later rounds delete the rest.
    private static let linesPerRound = 2000
    /// The number of unused pages that the file always keeps for new rows.
    private static let sparePages: Int64 = 1024
    /// The maximum number of pages that one round releases to the file system.
    private static let pagesPerRound: Int64 = 64

    private static let purgeable = Query(
        """
        SELECT seq, state FROM jobs INDEXED BY jobs_purge WHERE state IN (5, 6, 7) AND purge_at <= ?1
        ORDER BY purge_at LIMIT ?2
        """)
    private static let keyUntil = Query(
        "SELECT max(expires_at) FROM submission_keys WHERE seq = ?1 AND expires_at > ?2")
    private static let keepUntil = Query("UPDATE jobs SET purge_at = ?2 WHERE seq = ?1")
    private static let firstLine = Query("SELECT min(number) FROM logs WHERE seq = ?1")
    private static let removeLines = Query("DELETE FROM logs WHERE seq = ?1 AND number < ?2")

    /// Deletes jobs after their retention. A job with an unexpired key stays until the key expires, so that a
    /// repeated request does not create the job again.
    func purge(_ limit: Int, _ hasMore: inout Bool) throws -> [JobID] {
        var purged: [JobID] = []
        var lines = Int64(Self.linesPerRound)
        var isCut = false
        _ = try overdue(Self.purgeable, min(limit, Self.jobsPerRound), &hasMore) { row in
            if let until = try connection.first(
                Self.keyUntil, .integer(row.seq), .time(now), read: { $0.optionalTime(0) }) ?? nil
            {
                return try connection.run(Self.keepUntil, .integer(row.seq), .time(until))
            }
            guard lines > 0, try removeLines(of: row, &lines) else {
                isCut = true
                return
            }
            try delete(row)
            purged.append(row.job.id)
        }
        if isCut { hasMore = true }
        return purged
    }

    /// Deletes at most `left` log lines of a job. Returns false if there may be more.
    private func removeLines(of row: JobRow, _ left: inout Int64) throws -> Bool {
        guard
            let first = try connection.first(Self.firstLine, .integer(row.seq), read: { $0.optionalInt64(0) })
                ?? nil
        else { return true }
        try connection.run(Self.removeLines, .integer(row.seq), .integer(first + left))
        left -= Int64(connection.changedRows)
        return left > 0
    }

    /// Releases some unused space of the file if there is much of it. Returns whether there is more.
    func releaseSpace() throws -> Bool {
        let free = try connection.pragma("freelist_count")
        guard free > Self.sparePages else { return false }
        let maxFree = max(Self.sparePages, try connection.pragma("page_count") / 4)
        guard free > maxFree, try connection.pragma("auto_vacuum") == 2 else { return false }
        try connection.execute("PRAGMA incremental_vacuum(\(min(Self.pagesPerRound, free - maxFree)))")
        return free - Self.pagesPerRound > maxFree
    }
}
