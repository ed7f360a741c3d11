import LonghaulCore
import LonghaulStoreRules

/// What people ask of jobs.
extension Transaction {
    private func known(_ id: JobID) throws -> JobRow {
        guard let row = try loader.row(id) else { throw LonghaulError.noJob(id) }
        return row
    }

    func cancel(_ id: JobID) throws -> Job {
        var row = try known(id)
        guard !row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has ended: it is \(row.job.state.rawValue)")
        }
        let fault = row.job.state == .processing ? Self.cancelled : nil
        try move(&row, to: .cancelled, fault: fault)
        try settleDependents(of: row)
        return try loader.family(of: row)
    }

    /// The fault of an attempt whose job was cancelled under it.
    private static let cancelled = JobError(
        type: "cancelled", message: "the job was cancelled while the attempt ran", retryable: false)

    private static let childrenOf = Query(
        "SELECT seq FROM jobs INDEXED BY jobs_parent WHERE parent IS NOT NULL AND parent = ?1 ORDER BY seq")

    func cancelDescendants(of id: JobID, limit: Int) throws -> Int {
        var parents = [id]
        var done = 0
        while done < limit, let parent = parents.popLast() {
            let seqs = try connection.all(Self.childrenOf, .blob(parent.bytes)) { $0.int64(0) }
            for seq in seqs where done < limit {
                guard let child = try loader.row(at: seq) else { continue }
                if child.isParent { parents.append(child.job.id) }
                guard !child.job.state.isFinal else { continue }
                _ = try cancel(child.job.id)
                done += 1
            }
        }
        return done
    }

    func retry(_ id: JobID) throws -> Job {
        let row = try known(id)
        switch row.job.state {
        case .failed, .cancelled, .retrying: break
        case .scheduled, .blocked, .pending, .processing, .completed:
            throw LonghaulError(
                .conflict,
                "the job \(id) is \(row.job.state.rawValue); only one that failed, was cancelled or is retrying can be retried"
            )
        }
        return try loader.family(of: restart(row))
    }

    /// Makes a job pending, its attempts counted afresh.
    @discardableResult
    func restart(_ row: JobRow) throws -> JobRow {
        var row = row
        row.job.attempt = 0
        row.job.runAt = now
        row.job.startedAt = nil
        row.job.finishedAt = nil
        row.job.worker = nil
        row.job.progress = nil
        row.fenceBase = row.fence
        row.faultVersion = 0
        row.purgeAt = nil
        if row.job.spec.join.collects {
            try collect(&row)
            try settleDependents(of: row)
        } else {
            try move(&row, to: .pending)
        }
        return row
    }

    func delete(_ id: JobID) throws {
        let row = try known(id)
        guard row.job.state.isFinal else {
            throw LonghaulError(.conflict, "the job \(id) has not ended: it is \(row.job.state.rawValue)")
        }
        try remove(row)
    }

    private static let removals = [
        "DELETE FROM payloads WHERE seq = ?1", "DELETE FROM faults WHERE seq = ?1",
        "DELETE FROM submission_keys WHERE seq = ?1", "DELETE FROM logs WHERE seq = ?1",
        "DELETE FROM steps WHERE seq = ?1", "DELETE FROM artifacts WHERE seq = ?1",
        "DELETE FROM jobs WHERE seq = ?1",
    ].map { Query($0) }
    private static let removeTag = Query("DELETE FROM tags WHERE name = ?1 AND value = ?2 AND seq = ?3")

    /// Removes an ended job with all that belongs to it. None waits for it any more.
    func remove(_ row: JobRow) throws {
        if row.job.state == .failed { try exhume(row) }
        for query in Self.removals { try connection.run(query, .integer(row.seq)) }
        for (name, value) in row.job.spec.tags {
            try connection.run(Self.removeTag, .text(name), .text(value), .integer(row.seq))
        }
        count(row.job.spec, from: row.job.state, to: nil)
    }

    func setQueue(_ name: String, _ settings: QueueSettings) -> QueueRecord {
        queues.change(name) { $0.set(settings, at: now) }
        return queues.entry(name).record(name)
    }

    private static let removeRules = Query("DELETE FROM routing_rules")
    private static let insertRule = Query(
        "INSERT INTO routing_rules (number, kinds, labels, queue) VALUES (?1, ?2, ?3, ?4)")

    func setRouting(_ table: RoutingTable) throws {
        try connection.run(Self.removeRules)
        for (number, rule) in table.rules.enumerated() {
            try connection.run(
                Self.insertRule, .int(number), .text(TextCoding.encode(rule.kinds)),
                .text(rule.labels.map { TextCoding.encode($0) }), .text(rule.queue))
        }
    }
}
