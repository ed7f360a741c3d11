import LonghaulCore
import LonghaulStoreRules

/// What people ask of jobs.
extension Transaction {
    private func known(_ id: JobID) throws -> JobRow {
        guard let row = try row(id) else { throw LonghaulError.noJob(id) }
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
        return try family(of: row)
    }

    /// The fault of an attempt whose job was cancelled under it.
    private static let cancelled = JobError(
        type: "cancelled", message: "the job was cancelled while the attempt ran", retryable: false)

    private static let childrenOf = Query(
        "SELECT id FROM longhaul.jobs WHERE parent = $1::uuid ORDER BY id")

    func cancelDescendants(of id: JobID, limit: Int) throws -> Int {
        var parents = [id]
        var done = 0
        while done < limit, let parent = parents.popLast() {
            let ids = try connection.run(Request(Self.childrenOf, .uuid(parent))).map { $0.id() }
            try fetch(ids)
            for id in ids where done < limit {
                guard let child = try row(id) else { continue }
                if child.isParent { parents.append(id) }
                guard !child.job.state.isFinal else { continue }
                _ = try cancel(id)
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
        return try family(of: restart(row))
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
        remove(row)
    }

    /// Removes an ended job with all that belongs to it. None waits for it any more.
    func remove(_ row: JobRow) {
        change(row.job.id) { $0.isRemoved = true }
        count(row.job.spec.queue, from: row.job.state, to: nil)
    }

    func setQueue(_ name: String, _ settings: QueueSettings) throws -> QueueRecord {
        let counts = try exactCounts(of: name)
        let before = newSettings[name]?.settings ?? ledger.settings(of: name)
        var bucket = try bucket(of: name)
        if let limit = settings.rateLimit {
            // A smaller burst takes effect by itself: no more than that is ever counted.
            if bucket == nil { bucket = TokenBucket(full: limit, at: now) }
        } else {
            bucket = nil
        }
        let isSorting =
            settings.partitionBy == before.partitionBy
            ? ledger.sorting[name] != nil : counts[JobState.pending.code] > 0
        newSettings[name] = NewSettings(settings: settings, bucket: bucket, isSorting: isSorting)
        return QueueCounts.record(name, settings, counts, bucket)
    }

    private static let removeRules = Query("DELETE FROM longhaul.routing_rules")
    private static let insertRule = Query(
        """
        INSERT INTO longhaul.routing_rules (number, kinds, labels, queue)
        VALUES ($1::bigint, $2::text, $3::text, $4::text)
        """)

    func setRouting(_ table: RoutingTable) {
        writes.append(Request(Self.removeRules))
        for (number, rule) in table.rules.enumerated() {
            writes.append(
                Request(
                    Self.insertRule, .int8(number), .text(TextCoding.encode(rule.kinds)),
                    .text(rule.labels.map { TextCoding.encode($0) }), .text(rule.queue)))
        }
    }
}
