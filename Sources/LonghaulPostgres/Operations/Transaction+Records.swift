import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Records of state machines and their executions.
extension Transaction {
    func record(_ key: RecordKey) throws -> KeyedRecord? {
        if !keyedRecords.knows(key) { try add(records: connection.run(RecordQueries.lock([key])), [key]) }
        return keyedRecords.record(key)
    }

    /// Adds records that were read.
    func add(records rows: Rows, _ asked: Set<RecordKey>) throws {
        keyedRecords.add(read: try rows.map { try KeyedRecord(&$0) }, asked)
    }

    func records(_ range: RecordRange) throws -> [KeyedRecord] {
        var wider = range
        wider.limit = max(range.limit, range.limit &+ keyedRecords.changedCount(in: range))
        let stored = try connection.run(RecordQueries.records(wider)).map { try KeyedRecord(&$0) }
        return keyedRecords.merged(stored, in: range)
    }

    func reports(of row: JobRow) throws -> [KeyedRecord] {
        try fetchReports(of: [row.job.id])
        return keyedRecords.merged(storedReports[row.job.id] ?? [], in: row.unhandledReports)
    }

    /// Reads the reports to those of the jobs that are executions, for their leases.
    func fetchReports(of jobs: [JobID]) throws {
        let missing = jobs.filter { id in
            guard storedReports[id] == nil, let row = entries[id]?.row else { return false }
            return row.isExecution && row.reports.count > 0 && row.reports.fitLease
        }
        guard !missing.isEmpty else { return }
        for id in missing { storedReports[id] = [] }
        for report in try connection.run(RecordQueries.reports(to: missing)).map({ try KeyedRecord(&$0) }) {
            if let id = report.key.jobID { storedReports[id]?.append(report) }
        }
    }

    /// Reads what the leases of these jobs contain besides the jobs.
    func fetchForLeases(of jobs: [JobID]) throws {
        try fetchFirstPages(of: jobs)
        try fetchReports(of: jobs)
    }

    func upsert(_ value: JSONText, at key: RecordKey) { keyedRecords.upsert(value, at: key) }

    func removeRecord(_ key: RecordKey) { keyedRecords.remove(key) }

    func removeRecords(of id: JobID, in spaces: [RecordSpace], weight: Int) throws -> Int {
        guard weight < .max else {
            for space in spaces { keyedRecords.removeAll(of: id, in: space) }
            return 0
        }
        var removed = 0
        let rows = try connection.run(RecordQueries.sizes(of: id, in: spaces, limit: weight))
        for index in 0..<rows.count where removed < weight {
            var row = rows[index]
            guard let space = RecordSpace(rawValue: row.int()) else { continue }
            keyedRecords.remove(RecordKey(space, of: id, row.text()))
            removed += KeyedRecord.weight(ofBytes: row.int())
        }
        return removed
    }
}
