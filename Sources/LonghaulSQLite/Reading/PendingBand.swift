import LonghaulCore
import LonghaulStore

/// A range of the index of pending jobs that is ordered by age: the jobs of one kind with the same labels, partition
/// and priority.
struct PendingBand {
    var queue: String
    var kind: String
    var labels: String
    var partition: String
    var priority: Int

    /// The leading parameters of queries for its jobs.
    var values: [ColumnValue] {
        [.text(queue), .text(kind), .text(labels), .text(partition), .int(priority)]
    }
}

extension JobLoader {
    private static let nextInLane = Query(
        """
        SELECT priority FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value = ?4 AND priority < ?5 ORDER BY priority DESC LIMIT 1
        """)
    private static let nextLane = Query(
        """
        SELECT kind, labels, partition_value, priority FROM jobs INDEXED BY jobs_pending
        WHERE state = 2 AND queue = ?1 AND (kind, labels, partition_value) >= (?2, ?3, ?4)
        ORDER BY kind, labels, partition_value, priority DESC LIMIT 1
        """)

    /// The bands of a queue, or of one kind in it.
    func pendingBands(of queue: String, kind: String? = nil) throws -> [PendingBand] {
        var bands: [PendingBand] = []
        // Before the first band of a kind. The empty kind precedes every other.
        var place = PendingBand(queue: queue, kind: kind ?? "", labels: "", partition: "", priority: 10)
        while let band = try pendingBand(after: place), kind == nil || band.kind == kind {
            bands.append(band)
            place = band
        }
        return bands
    }

    /// The next band of the same queue. It takes one or two index lookups.
    func pendingBand(after band: PendingBand) throws -> PendingBand? {
        var next: PendingBand?
        try connection.each(Self.nextInLane, band.values) { row in
            next = PendingBand(
                queue: band.queue, kind: band.kind, labels: band.labels, partition: band.partition,
                priority: row.int(0))
            return false
        }
        if next != nil { return next }
        // Seeks behind the lane. With a row comparison by `>`, SQLite would scan the whole lane.
        let place = band.partition + "\u{1}"
        try connection.each(
            Self.nextLane, [.text(band.queue), .text(band.kind), .text(band.labels), .text(place)]
        ) { row in
            next = PendingBand(
                queue: band.queue, kind: row.text(0), labels: row.text(1), partition: row.text(2),
                priority: row.int(3))
            return false
        }
        return next
    }
}
