import LonghaulCore
import LonghaulStore

/// The query of the check of journals.
private enum JournalInspection {
    /// The recorded sums of a journal may be wrong, so the sums of all operations are read.
    private static let sums = Query(
        """
        SELECT j.id, coalesce(s.count, 0), coalesce(s.last, 0), coalesce(s.bytes, 0)::bigint FROM longhaul.jobs j
        LEFT JOIN (
            SELECT id, count(*) AS count, max(number) AS last, sum(weight) AS bytes FROM longhaul.operations
            GROUP BY id) s ON s.id = j.id
        WHERE j.journal IS NOT NULL OR j.state = 8 OR s.id IS NOT NULL ORDER BY j.id
        """)

    struct Sums {
        let id: JobID
        let count: Int
        let lastNumber: Int64
        let bytes: Int64

        func journal(of row: JobRow) -> InspectedJournal {
            InspectedJournal(
                row: row, count: count, lastNumber: lastNumber, bytes: bytes,
                wakeAt: row.job.state == .suspended && row.due != .distantFuture ? row.due : nil)
        }
    }

    static func sums(_ connection: Connection) throws -> [Sums] {
        try connection.run(Request(sums)).map {
            Sums(id: $0.id(), count: $0.int(), lastNumber: $0.int64(), bytes: $0.int64())
        }
    }
}

extension Reader: JournalInspector {
    func eachJournal(_ body: (InspectedJournal) throws -> Void) throws {
        try steadily {
            for sums in try JournalInspection.sums(connection) {
                if let row = try row(sums.id) { try body(sums.journal(of: row)) }
            }
        }
    }

    func waitingOperations(of row: JobRow) throws -> [JournalOperation] {
        try connection.run(JournalQueries.waiting(of: [row.job.id])).map { row in
            _ = row.id()
            return try JournalOperation(&row)
        }
    }

    func keptSignal(of row: JobRow, name: String) throws -> StoredSignal? {
        try connection.run(JournalQueries.keptSignal(of: row.job.id, except: [], name: name)).map {
            try StoredSignal(&$0)
        }.first
    }
}

extension Transaction: JournalInspector {
    func eachJournal(_ body: (InspectedJournal) throws -> Void) throws {
        for sums in try JournalInspection.sums(connection) {
            guard let row = try row(sums.id) else { continue }
            if sums.count > 0 { entries[sums.id]?.hasStoredOperations = true }
            try body(sums.journal(of: row))
        }
    }
}
