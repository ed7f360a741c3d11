import LonghaulCore
import LonghaulStoreRules

/// Queues and workers, read.
extension Reader {
    private static let names = Query(
        """
        SELECT name, \(QueueSettings.columns), tokens, tokens_counted_at FROM longhaul.queues
        ORDER BY name COLLATE "C"
        """)
    private static let fronts = Query(
        """
        SELECT l.queue, min(p.run_at) FROM longhaul.lanes l CROSS JOIN LATERAL (
            SELECT f.run_at FROM longhaul.pending f WHERE f.lane = l.id ORDER BY f.pos, f.id LIMIT 1) p
        GROUP BY l.queue
        """)
    private static let workers = Query(
        "SELECT \(WorkerRecord.columns) FROM longhaul.workers")
    private static let leased = Query(
        """
        SELECT j.worker_id, j.id FROM longhaul.agenda a JOIN longhaul.jobs j ON j.id = a.id
        WHERE a.state = 3 ORDER BY j.lease_expires_at, j.id
        """)

    /// Every queue, by name.
    ///
    /// Of a lane, the job that came first has waited longest, but for a moment where jobs became due that were
    /// submitted out of order.
    func queues() throws -> [QueueRecord] {
        let answers = try see([Request(Self.names), QueueCounts.read, Request(Self.fronts)])
        let counts = QueueCounts.decode(answers[1])
        var oldest: [String: Timestamp] = [:]
        for index in 0..<answers[2].count {
            var row = answers[2][index]
            oldest[row.text()] = row.optionalTime()
        }
        return answers[0].map { row in
            let name = row.text()
            let settings = QueueSettings(&row)
            let tokens = row.optionalDouble()
            let countedAt = row.time()
            let bucket = tokens.map { TokenBucket(tokens: $0, countedAt: countedAt) }
            var record = QueueCounts.record(name, settings, counts[name] ?? QueueCounts.none, bucket)
            if record.depth > 0 { record.oldestPendingAt = oldest[name] }
            return record
        }
    }

    /// The queue of this name; nil if it has never been used.
    func queue(_ name: String) throws -> QueueRecord? {
        try queues().first { $0.name == name }
    }

    private static let held = Query(
        """
        SELECT j.id, j.fence, j.secret FROM longhaul.agenda a JOIN longhaul.jobs j ON j.id = a.id
        WHERE a.state = 3 AND j.worker_id = $1::text
        """)

    /// The leases that a worker holds.
    func held(by worker: String) throws -> [LeaseToken] {
        try see([Request(Self.held, .text(worker))])[0].map { row in
            LeaseToken(jobID: row.id(), fence: row.int(), secret: UInt64(bitPattern: row.int64()))
        }
    }

    /// The workers heard of in the last day, the latest first, with the jobs that they hold.
    ///
    /// - Parameter signs: when this server last heard of those that asked it.
    func workers(_ signs: [String: Timestamp]) throws -> [WorkerRecord] {
        let horizon = try now().adding(seconds: -WorkerSigns.memory)
        let answers = try see([Request(Self.workers), Request(Self.leased)])
        var running: [String: [JobID]] = [:]
        for index in 0..<answers[1].count {
            var row = answers[1][index]
            running[row.text(), default: []].append(row.id())
        }
        let records = try answers[0].map { row in
            var record = try WorkerRecord(&row)
            record.lastSeenAt = max(record.lastSeenAt, signs[record.info.id] ?? record.lastSeenAt)
            record.running = running[record.info.id] ?? []
            return record
        }
        return records.filter { $0.lastSeenAt >= horizon }
            .sorted { ($1.lastSeenAt, $0.info.id) < ($0.lastSeenAt, $1.info.id) }
    }
}
