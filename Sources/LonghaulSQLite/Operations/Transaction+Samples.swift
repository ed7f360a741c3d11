import LonghaulCore
import LonghaulStore

/// Samples of queues, one per minute.
extension Transaction {
    private static let keep = Query(
        """
        INSERT INTO queue_samples (\(QueueSample.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT DO UPDATE SET
            depth = excluded.depth, enqueued = enqueued + excluded.enqueued,
            finished = finished + excluded.finished, failed = failed + excluded.failed,
            wait_p50 = max(coalesce(wait_p50, excluded.wait_p50), coalesce(excluded.wait_p50, wait_p50)),
            wait_p95 = max(coalesce(wait_p95, excluded.wait_p95), coalesce(excluded.wait_p95, wait_p95)),
            run_p50 = max(coalesce(run_p50, excluded.run_p50), coalesce(excluded.run_p50, run_p50)),
            run_p95 = max(coalesce(run_p95, excluded.run_p95), coalesce(excluded.run_p95, run_p95))
        """)
    private static let forget = Query("DELETE FROM queue_samples WHERE at < ?1")

    func recordSamples(_ samples: [QueueSample], deletingBefore horizon: Timestamp) throws {
        for sample in samples {
            try connection.run(
                Self.keep, .time(sample.at), .text(sample.queue), .int(sample.depth), .int(sample.enqueued),
                .int(sample.finished), .int(sample.failed), .real(sample.waitP50), .real(sample.waitP95),
                .real(sample.runP50), .real(sample.runP95))
        }
        try connection.run(Self.forget, .time(horizon))
    }
}

extension JobLoader {
    private static let samples = Query(
        """
        SELECT \(QueueSample.columns) FROM queue_samples WHERE (at, queue) > (?1, ?2)
        AND (?3 IS NULL OR queue = ?3) ORDER BY at, queue LIMIT ?4
        """)

    /// The samples of one queue, or of all queues, since a moment and after a position; at most `limit`.
    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) throws -> [QueueSample] {
        // No queue has an empty name: this is the position before every queue of the first minute.
        let first = QueueSample.Place(at: moment, queue: "")
        let place = place.map { max($0, first) } ?? first
        return try connection.all(
            Self.samples, .time(place.at), .text(place.queue), .text(queue), .int(limit),
            read: QueueSample.init)
    }
}

extension QueueSample {
    fileprivate static let columns =
        "at, queue, depth, enqueued, finished, failed, wait_p50, wait_p95, run_p50, run_p95"

    fileprivate init(_ row: Statement) {
        self.init(queue: row.text(1), at: row.time(0), depth: row.int(2))
        enqueued = row.int(3)
        finished = row.int(4)
        failed = row.int(5)
        waitP50 = row.optionalDouble(6)
        waitP95 = row.optionalDouble(7)
        runP50 = row.optionalDouble(8)
        runP95 = row.optionalDouble(9)
    }
}
