import LonghaulCore
import LonghaulStore

/// Samples of queues: one per minute, and one per hour for older ones.
extension Transaction {
    /// Adds the counts of a sample to those of the stored one, and keeps the longer durations.
    private static let addition = """
        enqueued = enqueued + excluded.enqueued,
        finished = finished + excluded.finished, failed = failed + excluded.failed,
        wait_p50 = max(coalesce(wait_p50, excluded.wait_p50), coalesce(excluded.wait_p50, wait_p50)),
        wait_p95 = max(coalesce(wait_p95, excluded.wait_p95), coalesce(excluded.wait_p95, wait_p95)),
        run_p50 = max(coalesce(run_p50, excluded.run_p50), coalesce(excluded.run_p50, run_p50)),
        run_p95 = max(coalesce(run_p95, excluded.run_p95), coalesce(excluded.run_p95, run_p95))
        """

    private static let upsert = Query(
        """
        INSERT INTO queue_samples (\(QueueSample.columnNames)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT DO UPDATE SET
            depth = excluded.depth, \(addition)
        """)
    /// Merges the samples of minutes before ?1 into those of the first minutes of their hours.
    private static let merge = Query(
        """
        INSERT INTO queue_samples (\(QueueSample.columnNames))
        SELECT at - at % ?2 AS hour, queue, max(depth), sum(enqueued), sum(finished), sum(failed),
            max(wait_p50), max(wait_p95), max(run_p50), max(run_p95)
        FROM queue_samples WHERE at < ?1 AND at % ?2 <> 0 GROUP BY hour, queue
        ON CONFLICT DO UPDATE SET
            depth = max(depth, excluded.depth), \(addition)
        """)
    private static let deleteMerged = Query("DELETE FROM queue_samples WHERE at < ?1 AND at % ?2 <> 0")
    private static let delete = Query("DELETE FROM queue_samples WHERE at < ?1")

    func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) throws {
        for sample in samples {
            try connection.run(Self.upsert, sample.values)
        }
        if let hour {
            let span = ColumnValue.int(Int(QueueSample.hourMilliseconds))
            try connection.run(Self.merge, .time(hour), span)
            try connection.run(Self.deleteMerged, .time(hour), span)
        }
        try connection.run(Self.delete, .time(horizon))
    }
}

extension JobLoader {
    private static let samples = Query(
        """
        SELECT \(QueueSample.columnNames) FROM queue_samples WHERE (at, queue) > (?1, ?2)
        AND (?3 IS NULL OR queue = ?3) ORDER BY at, queue LIMIT ?4
        """)

    /// The samples of one queue, or of all queues, since a moment and after a position; at most `limit`.
    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) throws -> [QueueSample] {
        let place = QueueSample.Place.before(since: moment, after: place)
        return try connection.all(
            Self.samples, .time(place.at), .text(place.queue), .text(queue), .int(limit),
            read: QueueSample.init)
    }
}
