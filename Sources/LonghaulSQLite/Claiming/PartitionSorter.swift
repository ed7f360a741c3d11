import LonghaulCore
import LonghaulStore

/// Updates the partition of a queue's pending jobs after a change of `partition_by`, in batches, so that other calls
/// do not wait for a long transaction. Until then, the jobs can be claimed by their old partition.
struct PartitionSorter {
    /// Behind a job in a band of the index of pending jobs.
    struct Place {
        var band: PendingBand
        var seq: Int64 = 0
    }

    let queue: String
    let transaction: Transaction

    private static let pending = Query(
        """
        SELECT seq, tags FROM jobs INDEXED BY jobs_pending WHERE state = 2 AND queue = ?1 AND kind = ?2
        AND labels = ?3 AND partition_value = ?4 AND priority = ?5 AND seq > ?6 ORDER BY seq LIMIT ?7
        """)
    private static let update = Query("UPDATE jobs SET partition_value = ?2 WHERE seq = ?1")

    /// Sorts at most `limit` further jobs. Returns whether there may be more.
    func sort(limit: Int) throws -> Bool {
        var left = limit
        var place: Place? = transaction.queues.sortingPlaces[queue] ?? beginning
        while let from = place {
            guard left > 0 else {
                transaction.queues.sortingPlaces[queue] = from
                return true
            }
            let seqs = try sortBand(from: from, limit: left)
            if seqs.count < left {
                place = try transaction.loader.pendingBand(after: from.band).map { Place(band: $0) }
            } else {
                place?.seq = seqs.last ?? from.seq
            }
            left -= seqs.count
        }
        transaction.queues.sortingPlaces[queue] = nil
        transaction.queues.change(queue) { $0.endSorting() }
        return false
    }

    /// Before the first band of the queue.
    private var beginning: Place {
        Place(band: PendingBand(queue: queue, kind: "", labels: "", partition: "", priority: 0))
    }

    /// Sorts jobs of a band; answers which. Those that leave it are met again in another, where they are right.
    private func sortBand(from place: Place, limit: Int) throws -> [Int64] {
        let tag = transaction.settings(of: queue).partitionBy
        var rows: [(seq: Int64, value: String)] = []
        let values = place.band.values + [.integer(place.seq), .int(limit)]
        try transaction.connection.each(Self.pending, values) { row in
            let tags = try row.optionalText(1).map(TextCoding.map) ?? [:]
            rows.append((row.int64(0), tag.flatMap { tags[$0] } ?? ""))
            return true
        }
        for row in rows where row.value != place.band.partition {
            try transaction.connection.run(Self.update, .integer(row.seq), .text(row.value))
        }
        return rows.map(\.seq)
    }
}
