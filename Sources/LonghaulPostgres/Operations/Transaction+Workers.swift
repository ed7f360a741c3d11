import LonghaulCore
import LonghaulStore

/// The table of workers.
extension Transaction {
    private static let save = Query(
        """
        INSERT INTO longhaul.workers AS w (\(WorkerRecord.columnNames))
        VALUES (\(WorkerRecord.placeholders))
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, labels = excluded.labels,
        queues = excluded.queues, kinds = excluded.kinds, lease_seconds = excluded.lease_seconds,
        last_seen_at = greatest(w.last_seen_at, excluded.last_seen_at),
        heartbeat_seconds = excluded.heartbeat_seconds
        """)
    private static let touch = Query(
        """
        UPDATE longhaul.workers SET last_seen_at = greatest(last_seen_at, $2::bigint) WHERE id = $1::text
        """)
    private static let removeOld = Query("DELETE FROM longhaul.workers WHERE last_seen_at < $1::bigint")
    private static let removeBeyond = Query(
        """
        DELETE FROM longhaul.workers WHERE id IN (
            SELECT id FROM longhaul.workers ORDER BY last_seen_at DESC OFFSET $1::bigint)
        """)
    private static let removeOne = Query("DELETE FROM longhaul.workers WHERE id = $1::text RETURNING id")

    func upsert(_ worker: WorkerRecord) {
        workerWrites[worker.info.id] = Request(Self.save, worker.parameters)
    }

    func updateLastSeen(ofWorker id: String) {
        workerWrites[id] = Request(Self.touch, .text(id), .time(now))
    }

    func removeWorker(_ id: String) throws -> Bool {
        workerWrites[id] = nil
        return try connection.run(Request(Self.removeOne, .text(id))).count > 0
    }

    func removeWorkers(before horizon: Timestamp, keeping maximum: Int) {
        writes.append(Request(Self.removeOld, .time(horizon)))
        writes.append(Request(Self.removeBeyond, .int8(maximum)))
    }
}

extension WorkerRecord {
    /// The maximum delay of the stored heartbeat, in seconds. Other servers know only the stored heartbeat, so the
    /// delay must not make a worker count as late.
    var savingSeconds: Double {
        min(5, info.heartbeatIntervalSeconds.map { $0 / 2 } ?? leaseSeconds / 6)
    }
}
