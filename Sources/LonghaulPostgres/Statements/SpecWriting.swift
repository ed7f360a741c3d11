import LonghaulCore
import LonghaulStore

/// Replaces the priority and the tags of stored jobs. These columns change rarely, so the statements that write changed rows
/// leave them out.
enum SpecWriting {
    private static let update = Query(
        """
        UPDATE longhaul.jobs j SET priority = n.priority, extra = n.extra
        FROM unnest($1::uuid[], $2::smallint[], $3::text[]) AS n (id, priority, extra) WHERE j.id = n.id
        """)

    /// The statements for jobs that are not deleted.
    static func requests(_ entries: [TrackedJob]) -> [Request] {
        let changed = entries.filter(\.hasNewSpec).compactMap { entry in
            entry.stored.map { (before: $0, now: entry.row) }
        }
        guard !changed.isEmpty else { return [] }
        var columns = [.uuid, .int2, .text].map { ArrayParameter($0) }
        for row in changed.map(\.now) {
            columns[0].append(row.job.id)
            columns[1].append(row.job.spec.priority)
            columns[2].append(JobColumn.extra.write(row))
        }
        let removed = TagColumns(changed.map(\.before))
        let added = TagColumns(changed.map(\.now))
        return [
            Request(update, columns.map(\.parameter)),
            removed.isEmpty ? nil : Request(Removals.tags, removed.parameters),
            added.isEmpty ? nil : Request(Attachments.tags, added.parameters),
        ].compactMap(\.self)
    }
}
