import LonghaulCore
import LonghaulStore

/// Samples of queues: one per minute, and one per hour for older ones.
extension Transaction {
    /// Adds the counts of a sample to those of the stored one, and keeps the longer durations.
    private static let addition = """
        enqueued = s.enqueued + excluded.enqueued,
        finished = s.finished + excluded.finished, failed = s.failed + excluded.failed,
        wait_p50 = greatest(s.wait_p50, excluded.wait_p50), wait_p95 = greatest(s.wait_p95, excluded.wait_p95),
        run_p50 = greatest(s.run_p50, excluded.run_p50), run_p95 = greatest(s.run_p95, excluded.run_p95)
        """

    private static let upsert = Query(
        """
        INSERT INTO longhaul.queue_samples AS s (\(QueueSample.columnNames)) VALUES
        (\(QueueSample.placeholders))
        ON CONFLICT (at, queue) DO UPDATE SET
            depth = excluded.depth, \(addition)
        """)
    /// Merges the samples of minutes before $1 into those of the first minutes of their hours. The rows that a concurrent
    /// transaction has merged are not deleted again, so they count once.
    private static let merge = Query(
        """
        WITH old AS (
            DELETE FROM longhaul.queue_samples WHERE at < $1::bigint AND at % $2::bigint <> 0 RETURNING *
        )
        INSERT INTO longhaul.queue_samples AS s (\(QueueSample.columnNames))
        SELECT at - at % $2::bigint AS hour, queue, max(depth), sum(enqueued)::bigint, sum(finished)::bigint,
            sum(failed)::bigint, max(wait_p50), max(wait_p95), max(run_p50), max(run_p95)
        FROM old GROUP BY hour, queue ORDER BY hour, queue
        ON CONFLICT (at, queue) DO UPDATE SET
            depth = greatest(s.depth, excluded.depth), \(addition)
        """)
    private static let delete = Query("DELETE FROM longhaul.queue_samples WHERE at < $1::bigint")

    func recordSamples(
        _ samples: [QueueSample], mergingBefore hour: Timestamp?, deletingBefore horizon: Timestamp
    ) {
        for sample in samples.sorted(by: { ($0.at, $0.queue) < ($1.at, $1.queue) }) {
            writes.append(Request(Self.upsert, sample.parameters))
        }
        if let hour {
            writes.append(Request(Self.merge, .time(hour), .int8(Int(QueueSample.hourMilliseconds))))
        }
        writes.append(Request(Self.delete, .time(horizon)))
    }
}

extension Reader {
    private static let samples = Query(
        """
        SELECT \(QueueSample.columnNames) FROM longhaul.queue_samples
        WHERE at >= $1::bigint AND (at > $1::bigint OR queue COLLATE "C" > $2::text)
        AND ($3::text IS NULL OR queue = $3::text) ORDER BY at, queue COLLATE "C" LIMIT $4::bigint
        """)

    /// The samples of one queue, or of all queues, since a moment and after a position; at most `limit`.
    func samples(
        of queue: String?, since moment: Timestamp, after place: QueueSample.Place?, limit: Int
    ) throws -> [QueueSample] {
        let place = QueueSample.Place.before(since: moment, after: place)
        return try connection.run(
            Request(Self.samples, .time(place.at), .text(place.queue), .text(queue), .int8(limit))
        ).map { try QueueSample(&$0) }
    }
}
