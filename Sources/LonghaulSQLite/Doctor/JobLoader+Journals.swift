import LonghaulCore
import LonghaulStore

/// The queries of the check of journals.
extension JobLoader: JournalInspector {
    private static let journals = Query(
        """
        SELECT jobs.seq, jobs.wake_at, ifnull(sums.count, 0), ifnull(sums.last, 0), ifnull(sums.bytes, 0) FROM jobs
        LEFT JOIN (
            SELECT seq, count(*) AS count, max(number) AS last, sum(weight) AS bytes FROM operations GROUP BY seq
        ) sums ON sums.seq = jobs.seq
        WHERE jobs.journal IS NOT NULL OR jobs.state = 8 OR sums.seq IS NOT NULL
        """)
    private static let waiting = Query(
        """
        SELECT \(JournalOperation.columnNames) FROM operations INDEXED BY operations_waiting
        WHERE seq = ?1 AND status = 'waiting' ORDER BY number
        """)
    private static let firstKept = Query(
        """
        SELECT \(StoredSignal.columnNames) FROM signals INDEXED BY signals_kept
        WHERE seq = ?1 AND name = ?2 AND consumed_by IS NULL ORDER BY number LIMIT 1
        """)

    func eachJournal(_ body: (InspectedJournal) throws -> Void) throws {
        let found = try connection.all(Self.journals) { row in (0..<5).map { row.value($0) } }
        for values in found {
            guard let row = try row(at: values[0].int64) else { continue }
            try body(
                InspectedJournal(
                    row: row, count: values[2].int, lastNumber: values[3].int64, bytes: values[4].int64,
                    wakeAt: values[1].optionalTime))
        }
    }

    func waitingOperations(of row: JobRow) throws -> [JournalOperation] {
        try connection.all(Self.waiting, .integer(row.seq), read: JournalOperation.init)
    }

    func keptSignal(of row: JobRow, name: String) throws -> StoredSignal? {
        try connection.first(Self.firstKept, .integer(row.seq), .text(name), read: StoredSignal.init)
    }
}

extension Transaction: JournalInspector {
    func eachJournal(_ body: (InspectedJournal) throws -> Void) throws { try loader.eachJournal(body) }
}
