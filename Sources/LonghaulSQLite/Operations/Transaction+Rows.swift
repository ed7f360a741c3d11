import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Finding and storing of rows.
extension Transaction: StoreTransaction {
    /// Does nothing: a row is read when it is needed.
    func prefetch(_ ids: [JobID]) {}

    func row(_ id: JobID) throws -> JobRow? {
        try loader.row(id)
    }

    func rowOfSameCall(_ id: JobID) throws -> JobRow? {
        try loader.row(id)
    }

    func makeRow(of job: Job) throws -> JobRow {
        var row = JobRow(job: job)
        row.seq = try freeSequence(for: job.id)
        row.payloadIsApart = job.spec.payload.bytes.count > JobRow.maxInlinePayload
        return row
    }

    private static let seqsInUse = Query("SELECT seq, id FROM jobs WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq")

    private func freeSequence(for id: JobID) throws -> Int64 {
        var free = JobSequence.base(of: id)
        let last = JobSequence.last(of: id)
        var isKnown = false
        try connection.each(Self.seqsInUse, [.integer(free), .integer(last)]) { row in
            isKnown = row.blob(1) == id.bytes
            while payloads.isReserved(free, besides: id) { free += 1 }
            guard !isKnown, row.int64(0) == free else { return false }
            free += 1
            return true
        }
        while payloads.isReserved(free, besides: id) { free += 1 }
        if isKnown { throw LonghaulError(.conflict, "there is a job \(id) already") }
        guard free <= last else {
            throw LonghaulError(.internal, "too many identifiers were made in the same millisecond as \(id)")
        }
        return free
    }

    func enqueue(_ row: inout JobRow, isLate: Bool) {
        row.partition = queues[row.job.spec.queue]?.partition(of: row.job.spec) ?? ""
    }

    private static let insertPayload = Query("INSERT INTO payloads (seq, payload) VALUES (?1, ?2)")
    private static let insertTag = Query("INSERT INTO tags (name, value, seq) VALUES (?1, ?2, ?3)")

    func insert(_ row: JobRow, fault: FaultRow?) throws {
        try insert(fault, of: row)
        try connection.run(JobRow.insert) { (statement) throws(DatabaseError) in
            try row.bindAll(to: statement)
        }
        if row.payloadIsApart, try !payloads.use(for: row, in: connection) {
            try connection.run(Self.insertPayload, .integer(row.seq), .blob(row.job.spec.payload.bytes))
        }
        try insertTags(row.job.spec.tags, of: row)
    }

    private func insertTags(_ tags: [String: String], of row: JobRow) throws {
        for (name, value) in tags {
            try connection.run(Self.insertTag, .text(name), .text(value), .integer(row.seq))
        }
    }

    private func removeTags(_ tags: [String: String], of row: JobRow) throws {
        for (name, value) in tags {
            try connection.run(Self.removeTag, .text(name), .text(value), .integer(row.seq))
        }
    }

    private static let setSpec = Query("UPDATE jobs SET priority = ?2, tags = ?3 WHERE seq = ?1")

    func replaceSpec(of row: JobRow, from previous: JobSpec) throws {
        try removeTags(previous.tags, of: row)
        try insertTags(row.job.spec.tags, of: row)
        try connection.run(
            Self.setSpec, .integer(row.seq), JobColumn.priority.write(row), JobColumn.tags.write(row))
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        if previous == .failed { try deadLetters.delete(row.seq) }
        try insert(fault, of: row)
        try update(row)
    }

    private func insert(_ fault: FaultRow?, of row: JobRow) throws {
        guard let fault else { return }
        try connection.run(FaultRow.insert, [.integer(row.seq)] + fault.values)
        if let fingerprint = row.job.fingerprint {
            try deadLetters.insert(
                row.seq, as: fingerprint, queue: row.job.spec.queue, kind: row.job.spec.kind,
                error: fault.error, at: now)
        }
    }

    func update(_ row: JobRow) throws {
        try connection.run(JobRow.update) { (statement) throws(DatabaseError) in
            try row.bindChanging(to: statement)
        }
    }

    private static let renew = Query(
        """
        UPDATE jobs SET lease_expires_at = ?2, progress_percent = ?3, progress_message = ?4 WHERE seq = ?1
        """)

    func updateLease(_ row: JobRow) throws {
        let progress = row.job.progress
        try connection.run(
            Self.renew, .integer(row.seq), .time(row.leaseExpiresAt), .real(progress?.percent),
            .text(progress?.message))
    }

    private static let markParent = Query("UPDATE jobs SET is_parent = 1 WHERE seq = ?1")

    func markParent(_ row: JobRow) throws {
        try connection.run(Self.markParent, .integer(row.seq))
    }

    private static let removals = [
        "DELETE FROM payloads WHERE seq = ?1", "DELETE FROM faults WHERE seq = ?1",
        "DELETE FROM submission_keys WHERE seq = ?1", "DELETE FROM logs WHERE seq = ?1",
        "DELETE FROM signals WHERE seq = ?1", "DELETE FROM artifacts WHERE seq = ?1",
        "DELETE FROM jobs WHERE seq = ?1",
    ].map { Query($0) }
    private static let removeTag = Query("DELETE FROM tags WHERE name = ?1 AND value = ?2 AND seq = ?3")

    func delete(_ row: JobRow) throws {
        if row.job.state == .failed { try deadLetters.delete(row.seq) }
        try removeEdges(of: row)
        try removeDeliveries(of: row)
        if row.job.operationCount > 0 { try removeOperations(of: row, from: 1) }
        for query in Self.removals { try connection.run(query, .integer(row.seq)) }
        try removeTags(row.job.spec.tags, of: row)
        count(row.job.spec, from: row.job.state, to: nil)
    }
}
