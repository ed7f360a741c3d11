import LonghaulCore
import LonghaulStore

/// Reading of queues and workers.
extension Reader {
    private static let columns =
        "SELECT \(QueueState.columnNames) FROM longhaul.queues"
    private static let all = Query(columns + " WHERE NOT is_deleted ORDER BY name COLLATE \"C\"")
    private static let page = Query(
        columns + """
             WHERE NOT is_deleted AND name COLLATE "C" > $1::text ORDER BY name COLLATE "C" LIMIT $2::bigint
            """)
    private static let one = Query(columns + " WHERE NOT is_deleted AND name = $1::text")
    private static let fronts = Query(
        """
        SELECT l.queue, min(p.run_at) FROM longhaul.lanes l CROSS JOIN LATERAL (
            SELECT f.run_at FROM longhaul.pending f WHERE f.lane = l.id ORDER BY f.pos, f.id LIMIT 1) p
        WHERE l.queue = ANY($1::text[]) GROUP BY l.queue
        """)
    private static let allWorkers = Query(
        "SELECT \(WorkerRecord.columnNames) FROM longhaul.workers")
    private static let leased = Query(
        """
        SELECT j.worker_id, j.id FROM longhaul.agenda a JOIN longhaul.jobs j ON j.id = a.id
        WHERE a.state = 3 ORDER BY j.lease_expires_at, j.id
        """)

    /// Every queue, by name.
    func queues() throws -> [QueueRecord] {
        try queues(Request(Self.all), QueueCounts.read)
    }

    /// The queues after a name, in the order of their names.
    func queues(after name: String?, limit: Int) throws -> [QueueRecord] {
        try queues(Request(Self.page, .text(name ?? ""), .int8(limit)), QueueCounts.read)
    }

    /// The queue of this name; nil if there is none.
    func queue(_ name: String) throws -> QueueRecord? {
        try queues(Request(Self.one, .text(name)), QueueCounts.read(name)).first
    }

    /// The first job of a lane has waited longest, except for jobs that became due out of order. Only lanes of queues
    /// with pending jobs are read.
    private func queues(_ rows: Request, _ sums: Request) throws -> [QueueRecord] {
        try steadily {
            let answers = try connection.run([rows, sums])
            let counts = QueueCounts.decode(answers[1])
            var records = try answers[0].map { row in
                var (name, state) = try QueueState.read(&row)
                if let counts = counts[name] { state.counts = counts }
                return state.record(name)
            }
            let waiting = records.filter { $0.depth > 0 }.map(\.name)
            guard !waiting.isEmpty else { return records }
            let found = try connection.run(Request(Self.fronts, .texts(waiting)))
            var oldest: [String: Timestamp] = [:]
            for index in 0..<found.count {
                var row = found[index]
                oldest[row.text()] = row.optionalTime()
            }
            for index in records.indices { records[index].oldestPendingAt = oldest[records[index].name] }
            return records
        }
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

    private static let busy = Query(
        """
        SELECT \(WorkerRecord.columnNames) FROM longhaul.workers WHERE id IN (
            SELECT j.worker_id FROM longhaul.agenda a JOIN longhaul.jobs j ON j.id = a.id WHERE a.state = 3)
        """)

    /// The workers that hold leases, with the jobs that they hold.
    func busyWorkers() throws -> [WorkerRecord] {
        try workers(Request(Self.busy))
    }

    func workers() throws -> [WorkerRecord] {
        let known = registry.records
        var records = try workers(Request(Self.allWorkers))
        for index in records.indices {
            guard let seenAt = known[records[index].info.id]?.lastSeenAt else { continue }
            records[index].lastSeenAt = max(records[index].lastSeenAt, seenAt)
        }
        return WorkerRecord.shown(records, at: try now())
    }

    /// The workers that a statement finds, with the jobs that they hold.
    private func workers(_ request: Request) throws -> [WorkerRecord] {
        let answers = try see([request, Request(Self.leased)])
        var running: [String: [JobID]] = [:]
        for index in 0..<answers[1].count {
            var row = answers[1][index]
            running[row.text(), default: []].append(row.id())
        }
        return try answers[0].map { row in
            var record = try WorkerRecord(&row)
            record.running = running[record.info.id] ?? []
            return record
        }
    }
}
