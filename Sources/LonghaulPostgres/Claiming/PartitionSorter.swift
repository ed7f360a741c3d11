import LonghaulCore
import LonghaulStore

/// Updates the partition of a queue's pending jobs after a change of `partition_by`, in batches, so that other calls
/// do not wait for a long transaction. Until then, the jobs can be claimed by their old partition.
extension Transaction {
    private static let pending = Query(
        """
        SELECT lane, pos, id FROM longhaul.pending
        WHERE lane = ANY($1::integer[]) AND (lane, pos, id) > ($2::bigint, $3::bigint, $4::uuid)
        ORDER BY lane, pos, id LIMIT $5::bigint
        """)

    /// Sorts at most `limit` further jobs of each queue. Returns whether there may be more.
    func sortPartitions(limit: Int) throws -> Bool {
        var hasMore = false
        for (queue, place) in cache.sorting.sorted(by: { $0.key < $1.key }) {
            let found = try rows(of: queue, behind: place, limit)
            try fetch(found.map(\.id), .skip)
            for row in found { try sort(row.id) }
            if found.count < limit, found.allSatisfy({ entries[$0.id] != nil }) {
                writes.append(QueueState.endSorting(queue, by: cache.queue(queue)?.settings.partitionBy))
                cache.endSorting(queue)
            } else {
                hasMore = true
                cache.setSorting(queue, after: found.count < limit ? PendingRow() : found.last ?? place)
            }
        }
        return hasMore
    }

    private func rows(of queue: String, behind place: PendingRow, _ limit: Int) throws -> [PendingRow] {
        var lanes = ArrayParameter(.int4)
        for lane in cache.lanes(of: queue) { lanes.append(lane.id) }
        return try connection.run(
            Request(
                Self.pending, lanes.parameter, .int8(place.lane), .int8(place.position), .uuid(place.id),
                .int8(limit))
        ).map { row in
            let lane = row.int()
            let position = row.int64()
            return PendingRow(lane: lane, position: position, id: row.id())
        }
    }

    /// Moves a pending job to its lane and keeps its position by age.
    private func sort(_ id: JobID) throws {
        guard let entry = entries[id], !entry.isRemoved, entry.row.job.state == .pending,
            let place = entry.row.place, var key = cache.lanes[place.lane]?.key
        else { return }
        key.partition = partition(of: entry.row.job.spec)
        guard key != cache.lanes[place.lane]?.key else { return }
        var row = entry.row
        let lane = try cache.lane(key, at: now) { try aside.use() }
        row.place = PendingPlace(lane: lane, position: place.position)
        update(row)
    }
}
