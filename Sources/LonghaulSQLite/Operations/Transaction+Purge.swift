import LonghaulCore
import LonghaulStore

/// Removes the data of ended jobs, and unused space of the file, a little per transaction.
extension Transaction {
    /// The number of unused pages that the file always keeps for new rows.
    private static let sparePages: Int64 = 1024
    /// The maximum number of pages that one round releases to the file system.
    private static let pagesPerRound: Int64 = 64

    private static let keyUntil = Query(
        "SELECT max(expires_at) FROM submission_keys WHERE seq = ?1 AND expires_at > ?2")
    private static let firstLine = Query("SELECT min(number) FROM logs WHERE seq = ?1")
    private static let removeLines = Query("DELETE FROM logs WHERE seq = ?1 AND number < ?2")

    var removalBound: RemovalBound { RemovalBound(jobs: 50, logLines: 2000) }

    func latestKeyExpiry(of row: JobRow) throws -> Timestamp? {
        try connection.first(Self.keyUntil, .integer(row.seq), .time(now)) { $0.optionalTime(0) } ?? nil
    }

    func emptyLog(of row: JobRow, _ lines: inout Int) throws -> Bool {
        guard
            let first = try connection.first(Self.firstLine, .integer(row.seq), read: { $0.optionalInt64(0) })
                ?? nil
        else { return true }
        try connection.run(Self.removeLines, .integer(row.seq), .integer(first + Int64(lines)))
        lines -= connection.changedRows
        return lines > 0
    }

    private static let tail = Query(
        "SELECT number, weight FROM operations WHERE seq = ?1 ORDER BY number DESC LIMIT ?2")
    private static let removeTail = Query("DELETE FROM operations WHERE seq = ?1 AND number >= ?2")
    private static let removeSignals = Query("DELETE FROM signals WHERE seq = ?1 AND consumed_by >= ?2")

    func emptyJournal(of row: inout JobRow, _ lines: inout Int) throws -> Bool {
        var bytes: Int64 = 0
        var first = Int64(row.job.operationCount + 1)
        try connection.each(Self.tail, [.integer(row.seq), .int(lines)]) { operation in
            first = operation.int64(0)
            bytes += operation.int64(1)
            lines -= 1 + Int(operation.int64(1) >> 12)
            return lines > 0
        }
        try connection.run(Self.removeTail, .integer(row.seq), .integer(first))
        try connection.run(Self.removeSignals, .integer(row.seq), .integer(first))
        row.job.operationCount = Int(first - 1)
        row.journalBytes -= bytes
        try update(row)
        return row.job.operationCount == 0
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
