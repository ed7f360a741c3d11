import LonghaulCore
import LonghaulStore

/// The narrow tables `pending` and `agenda`, which hold the position of each job and the time of its next maintenance.
///
/// A deletion looks each row up by its key. As a join, its plan would depend on the statistics: after a vacuum that found
/// the table empty, PostgreSQL walks the whole index, which an old transaction keeps full of dead entries.
enum PositionTables {
    private static let deletePending = Query(
        """
        DELETE FROM longhaul.pending WHERE ctid = ANY(ARRAY(
            SELECT (SELECT p.ctid FROM longhaul.pending p WHERE p.lane = g.lane AND p.pos = g.pos AND p.id = g.id)
            FROM unnest($1::integer[], $2::bigint[], $3::uuid[]) AS g (lane, pos, id)))
        """)
    private static let insertPending = Query(
        """
        INSERT INTO longhaul.pending (lane, pos, id, run_at)
        SELECT * FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::bigint[])
        """)
    private static let deleteAgenda = Query(
        """
        DELETE FROM longhaul.agenda WHERE ctid = ANY(ARRAY(
            SELECT (SELECT a.ctid FROM longhaul.agenda a WHERE a.due = g.due AND a.id = g.id)
            FROM unnest($1::bigint[], $2::uuid[]) AS g (due, id)))
        """)
    private static let insertAgenda = Query(
        """
        INSERT INTO longhaul.agenda (due, id, state)
        SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::smallint[])
        """)

    static func requests(_ entries: [TrackedJob]) -> [Request] {
        pending(entries) + agenda(entries)
    }

    private static func pending(_ entries: [TrackedJob]) -> [Request] {
        var deleted = [.int4, .int8, .uuid].map { ArrayParameter($0) }
        var inserted = [.int4, .int8, .uuid, .int8].map { ArrayParameter($0) }
        var lanes: Set<Int> = []
        for entry in entries {
            let before = entry.stored?.place
            let after = entry.isRemoved ? nil : entry.row.place
            guard before != after else { continue }
            if let before {
                deleted[0].append(before.lane)
                deleted[1].append(before.position)
                deleted[2].append(entry.row.job.id)
            }
            if let after {
                lanes.insert(after.lane)
                inserted[0].append(after.lane)
                inserted[1].append(after.position)
                inserted[2].append(entry.row.job.id)
                inserted[3].append(entry.row.job.runAt)
            }
        }
        return [(deletePending, deleted), (insertPending, inserted)].compactMap(request) + hold(lanes)
    }

    /// The lanes that jobs enter must still exist at the commit: see `WriterCache.sweepLanes`.
    private static let holdLanes = Query("SELECT longhaul.hold_lanes($1::integer[])")

    private static func hold(_ inserted: Set<Int>) -> [Request] {
        guard !inserted.isEmpty else { return [] }
        var lanes = ArrayParameter(.int4)
        for lane in inserted.sorted() { lanes.append(lane) }
        return [Request(holdLanes, [lanes.parameter])]
    }

    private static func agenda(_ entries: [TrackedJob]) -> [Request] {
        var deleted = [.int8, .uuid].map { ArrayParameter($0) }
        var inserted = [.int8, .uuid, .int2].map { ArrayParameter($0) }
        for entry in entries {
            let before = entry.stored
            let due = entry.isRemoved ? nil : entry.row.due
            guard before?.due != due || before?.job.state != entry.row.job.state else { continue }
            if let before = before?.due {
                deleted[0].append(before)
                deleted[1].append(entry.row.job.id)
            }
            if let due {
                inserted[0].append(due)
                inserted[1].append(entry.row.job.id)
                inserted[2].append(entry.row.job.state.code)
            }
        }
        return [(deleteAgenda, deleted), (insertAgenda, inserted)].compactMap(request)
    }

    private static func request(_ query: Query, _ columns: [ArrayParameter]) -> Request? {
        columns[0].count > 0 ? Request(query, columns.map(\.parameter)) : nil
    }
}
